"""Small networks of other families of text-to-video: VideoGPT and a recurrent GAN."""
