"""Small networks of other families of text-to-video, trained on painted clips: VideoGPT and a recurrent GAN."""
