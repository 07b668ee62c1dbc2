"""The pages of the app, one script each; main.py lists them."""
