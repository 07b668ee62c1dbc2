"""The papers that pages quote: one entry each, so that titles and years are written once."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A paper or a page."""

    authors: str
    year: int
    title: str
    url: str


def _arxiv(authors: str, year: int, title: str, number: str) -> Source:
    return Source(authors, year, title, f"https://arxiv.org/abs/{number}")


def _github(authors: str, year: int, title: str, repository: str) -> Source:
    return Source(authors, year, title, f"https://github.com/{repository}")


SOURCES: Mapping[str, Source] = {
    "he2015": _arxiv("He, Zhang, Ren, Sun", 2015, "Deep Residual Learning for Image Recognition", "1512.03385"),
    "he2015init": _arxiv("He, Zhang, Ren, Sun", 2015, "Delving Deep into Rectifiers", "1502.01852"),
    "he2016": _arxiv("He, Zhang, Ren, Sun", 2016, "Identity Mappings in Deep Residual Networks", "1603.05027"),
    "goyal2017": _arxiv(
        "Goyal et al.", 2017, "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", "1706.02677"
    ),
    "bachlechner2020": _arxiv(
        "Bachlechner, Majumder, Mao, Cottrell, McAuley", 2020,
        "ReZero is All You Need: Fast Convergence at Large Depth", "2003.04887",
    ),
    "ioffe2015": _arxiv("Ioffe, Szegedy", 2015, "Batch Normalization", "1502.03167"),
    "srivastava2015": _arxiv("Srivastava, Greff, Schmidhuber", 2015, "Highway Networks", "1505.00387"),
    "simonyan2014": _arxiv(
        "Simonyan, Zisserman", 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition", "1409.1556"
    ),
    "yang2019": _arxiv("Yang et al.", 2019, "A Mean Field Theory of Batch Normalization", "1902.08129"),
    "balduzzi2017": _arxiv(
        "Balduzzi et al.", 2017,
        "The Shattered Gradients Problem: If resnets are the answer, then what is the question?",
        "1702.08591",
    ),
    "veit2016": _arxiv(
        "Veit, Wilber, Belongie", 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
        "1605.06431",
    ),
    "selvaraju2016": _arxiv("Selvaraju et al.", 2016, "Grad-CAM", "1610.02391"),
    "adebayo2018": _arxiv("Adebayo et al.", 2018, "Sanity Checks for Saliency Maps", "1810.03292"),
    "petsiuk2018": _arxiv("Petsiuk et al.", 2018, "RISE: Randomized Input Sampling for Explanation", "1806.07421"),
    "msra2016": _github(
        "He, Zhang, Ren, Sun", 2016, "Deep Residual Networks, the released models", "KaimingHe/deep-residual-networks"
    ),
    "fair2016": _github("Gross, Wilber", 2016, "ResNet training in Torch", "facebookarchive/fb.resnet.torch"),
    "gcr2016": _github("Wilber", 2016, "Residual networks in Torch", "gcr/torch-residual-networks"),
    "keras2017": Source(
        "Atienza", 2017, "Keras example cifar10_resnet.py",
        "https://github.com/keras-team/keras/blob/2.3.1/examples/cifar10_resnet.py",
    ),
    "akamaster2018": _github(
        "Idelbayev", 2018, "Proper ResNet Implementation for CIFAR10/CIFAR100 in PyTorch",
        "akamaster/pytorch_resnet_cifar10",
    ),
    "chenyaofo2021": _github("Chen", 2021, "PyTorch CIFAR Models", "chenyaofo/pytorch-cifar-models"),
    "torchvision": Source(
        "PyTorch", 2026, "torchvision, Models and pre-trained weights", "https://docs.pytorch.org/vision/stable/models.html"
    ),
    "zagoruyko2016": _arxiv("Zagoruyko, Komodakis", 2016, "Wide Residual Networks", "1605.07146"),
    "srivastava2025": Source(
        "Srivastava", 2025, "Weighted Skip Connections are Not Harmful for Deep Nets",
        "https://rupeshks.cc/blog/skip.html",
    ),
    "veit2016reviews": Source(
        "Reviewers of NIPS 2016", 2016, "Reviews of Residual Networks Behave Like Ensembles",
        "https://papers.nips.cc/paper_files/paper/2016/hash/37bc2f75bf1bcfe8450a1a41c200364c-Abstract.html",
    ),
    "veit2016note": Source(
        "A reader", 2017, "Note on Residual Networks Behave Like Ensembles, in BibBase",
        "https://bibbase.org/network/publication/veit-wilber-belongie-"
        "residualnetworksbehavelikeensemblesofrelativelyshallownetworks-2016",
    ),
    "huang2016": _arxiv(
        "Huang, Sun, Liu, Sedra, Weinberger", 2016, "Deep Networks with Stochastic Depth", "1603.09382"
    ),
    "densenet2016": _arxiv(
        "Huang, Liu, van der Maaten, Weinberger", 2016, "Densely Connected Convolutional Networks", "1608.06993"
    ),
    "ronneberger2015": _arxiv(
        "Ronneberger, Fischer, Brox", 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        "1505.04597",
    ),
    "vaswani2017": _arxiv("Vaswani et al.", 2017, "Attention Is All You Need", "1706.03762"),
    "xiong2020": _arxiv(
        "Xiong et al.", 2020, "On Layer Normalization in the Transformer Architecture", "2002.04745"
    ),
    "dosovitskiy2020": _arxiv(
        "Dosovitskiy et al.", 2020,
        "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", "2010.11929",
    ),
    "gu2023": _arxiv(
        "Gu, Dao", 2023, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", "2312.00752"
    ),
    "orhan2017": _arxiv("Orhan, Pitkow", 2017, "Skip Connections Eliminate Singularities", "1701.09175"),
    "hardt2016": _arxiv("Hardt, Ma", 2016, "Identity Matters in Deep Learning", "1611.04231"),
    "li2017": _arxiv(
        "Li, Xu, Taylor, Studer, Goldstein", 2017, "Visualizing the Loss Landscape of Neural Nets", "1712.09913"
    ),
    "de2020": _arxiv(
        "De, Smith", 2020, "Batch Normalization Biases Residual Blocks Towards the Identity Function in Deep Networks",
        "2002.10444",
    ),
    "srivastava2025code": _github(
        "Srivastava", 2025, "Comparison of 110-layer ResNets and HighwayNets",
        "flukeskywalker/highway-resnet-comparison",
    ),
    "huang2016code": _github(
        "Sun et al.", 2016, "Deep Networks with Stochastic Depth, the code", "yueatsprograms/Stochastic_Depth"
    ),
    "zagoruyko2016code": _github(
        "Zagoruyko, Komodakis", 2016, "Wide Residual Networks, the code", "szagoruyko/wide-residual-networks"
    ),
    "gu2023code": _github("Gu, Dao", 2023, "Mamba, the code", "state-spaces/mamba"),
}  # fmt: skip
