"""Sound: hearing tempo and loudness, ambience from words, speech, and mixing; samples are float32."""
