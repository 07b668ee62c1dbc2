"""The commands of `python -m resnet_viz`, one file each."""
