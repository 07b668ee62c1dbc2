"""Pretrained classifiers and what can be asked of them: attribution, branches, surgery, checks of the maps."""
