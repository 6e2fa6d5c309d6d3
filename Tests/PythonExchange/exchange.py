"""Writes and reads arrays with numpy and safetensors, so that our files are checked by the code that people use.

    exchange.py write FOLDER SEED   writes files of every kind that we read; prints what they hold, as JSON
    exchange.py read FILE ...       prints what files hold, as JSON
    exchange.py odd FOLDER          writes files that we refuse; prints nothing
    exchange.py judge FILE ...      prints 'accepted' or 'refused' for each file
    exchange.py update MODEL NORM SEED FILE
                                    writes an update of a model, of that Euclidean norm, in single precision; prints it

Numbers are printed as the 16 hexadecimal digits of a binary64, every NaN as 'nan'.
"""

import json
import os
import sys

import numpy
import safetensors
import safetensors.numpy

SHAPES = [(), (1,), (7,), (2, 3), (2, 3, 4), (1, 5, 1), (0,), (3, 0, 2)]


def digits(array):
    with numpy.errstate(invalid="ignore"):  # signalling NaN
        values = numpy.ascontiguousarray(array).astype("<f8").ravel()
    return ["nan" if numpy.isnan(v) else format(b, "016x") for v, b in zip(values, values.view("<u8").tolist())]


def tensor(name, dtype, array):
    return {"name": name, "type": dtype, "shape": list(array.shape), "values": digits(array)}


def random_array(random, size, shape):
    """Any bits at all: subnormal numbers, infinities and NaN are among them."""
    count = int(numpy.prod(shape))
    bits = random.integers(0, 2 ** (8 * size) - 1, count, dtype=f"u{size}", endpoint=True)
    special = numpy.array([0.0, -0.0, numpy.inf, -numpy.inf, numpy.nan, 1 / 3], f"f{size}").view(f"u{size}")
    bits[: min(6, count // 2)] = special[: min(6, count // 2)]
    return bits.view(f"f{size}").reshape(shape)


def widened(bfloat16):
    return (bfloat16.astype("u4") << 16).view("f4")


def write(folder, seed):
    random = numpy.random.default_rng(seed)
    held = []

    def save(name, array, version=(1, 0)):
        with open(os.path.join(folder, name), "wb") as file:
            numpy.lib.format.write_array(file, array, version=version, allow_pickle=False)
        held.append({"file": name, "tensors": [tensor("array", array.dtype.str, array)], "metadata": {}})

    for size in (2, 4, 8):
        for shape in SHAPES:
            for order in "<>":
                array = random_array(random, size, shape).astype(f"{order}f{size}")
                label = "x".join(map(str, shape)) or "scalar"
                save(f"f{size}-{'little' if order == '<' else 'big'}-{label}.npy", array)
    for major in (1, 2, 3):
        save(f"version-{major}.npy", random_array(random, 4, (3, 5)), version=(major, 0))
    save("every-half.npy", numpy.arange(65536, dtype="u2").view("f2"))
    save("one-row-of-columns.npy", numpy.asfortranarray(random_array(random, 4, (1, 6))))
    save("every-other.npy", random_array(random, 8, (6, 4))[::2, 1::2])

    bits = {name: random.integers(0, 65536, shape, dtype="u2") for name, shape in [("β/bias", (4,)), ("a", (2, 2))]}
    bits["every"] = numpy.arange(65536, dtype="u2")
    # numpy has no such type, so the package's own interface: it takes addresses, of arrays that `bits` keeps alive.
    description = {
        name: safetensors.TensorSpec(
            dtype="bfloat16", shape=list(array.shape), data_ptr=array.ctypes.data, data_len=array.nbytes)
        for name, array in bits.items()
    }
    safetensors.serialize_file(description, os.path.join(folder, "bfloat16.safetensors"))
    held.append({
        "file": "bfloat16.safetensors", "metadata": {},
        "tensors": [tensor(name, "BF16", widened(bits[name])) for name in sorted(bits)],
    })

    # Several types in one file: the writer then sorts the bytes by type first, and not by name.
    arrays = {
        f"layer.{index}.{'weight' if len(shape) > 1 else 'bias'}": random_array(random, (2, 4, 8)[index % 3], shape)
        for index, shape in enumerate(SHAPES * 2)
    }
    metadata = {"format": "np", "note": "line\nbreak, \"quotes\", \\ and \u2028 and 𝛌"}
    safetensors.numpy.save_file(arrays, os.path.join(folder, "mixed.safetensors"), metadata=metadata)
    held.append({
        "file": "mixed.safetensors", "metadata": metadata,
        "tensors": [tensor(name, f"F{8 * arrays[name].itemsize}", arrays[name]) for name in sorted(arrays)],
    })
    safetensors.numpy.save_file({}, os.path.join(folder, "none.safetensors"))
    held.append({"file": "none.safetensors", "tensors": [], "metadata": {}})
    print(json.dumps(held))


def read(paths):
    held = []
    for path in paths:
        if path.endswith(".npy"):
            array = numpy.load(path, allow_pickle=False)
            tensors, metadata = [tensor("array", array.dtype.str, array)], {}
        else:
            with safetensors.safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = [
                    tensor(name, file.get_slice(name).get_dtype(), file.get_tensor(name))
                    for name in sorted(file.keys())
                ]
        held.append({"file": os.path.basename(path), "tensors": tensors, "metadata": metadata})
    print(json.dumps(held))


def odd(folder):
    arrays = {
        "int64": numpy.arange(3), "uint8": numpy.arange(3, dtype="u1"), "bool": numpy.ones(3, bool),
        "complex": numpy.ones(3, "c8"), "object": numpy.array([1, "a"], object), "bytes": numpy.array([b"ab"]),
        "text": numpy.array(["ab"]), "time": numpy.array(["2026-01-01"], "M8[D]"),
        "structured": numpy.zeros(2, [("a", "<f4"), ("b", "<f4")]), "raw": numpy.zeros(2, "V2"),
        "long-double": numpy.ones(2, numpy.longdouble),
        "columns": numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    }
    for name, array in arrays.items():
        numpy.save(os.path.join(folder, name + ".npy"), array)
    numpy.savez(os.path.join(folder, "several.npz"), a=numpy.ones(2))
    os.rename(os.path.join(folder, "several.npz"), os.path.join(folder, "zip.npy"))
    with open(os.path.join(folder, "two.npy"), "wb") as file:
        numpy.save(file, numpy.ones(2))
        numpy.save(file, numpy.ones(2))
    with open(os.path.join(folder, "pickle.npy"), "wb") as file:
        numpy.ones(2).dump(file)
    safetensors.numpy.save_file(
        {"weight": numpy.ones(2), "steps": numpy.array(3)}, os.path.join(folder, "counter.safetensors"))


def judge(paths):
    for path in paths:
        try:
            read_quietly(path)
            print("accepted")
        except Exception:
            print("refused")


def update(model, norm, seed, path):
    """As a program would that trains the model: the same names and shapes, other numbers."""
    random = numpy.random.default_rng(seed)
    if path.endswith(".npy"):
        step = {"array": random.standard_normal(numpy.load(model).shape)}
    else:
        step = {name: random.standard_normal(old.shape) for name, old in safetensors.numpy.load_file(model).items()}
    length = numpy.sqrt(sum((part**2).sum() for part in step.values()))
    step = {name: (part * (norm / length)).astype("f4") for name, part in step.items()}
    if path.endswith(".npy"):
        numpy.save(path, step["array"])
    else:
        safetensors.numpy.save_file(step, path)
    read([path])


def read_quietly(path):
    if path.endswith(".npy"):
        numpy.load(path, allow_pickle=False)
    else:
        safetensors.numpy.load_file(path)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "write":
        write(arguments[0], int(arguments[1]))
    elif command == "odd":
        odd(arguments[0])
    elif command == "update":
        update(arguments[0], float(arguments[1]), int(arguments[2]), arguments[3])
    else:
        {"read": read, "judge": judge}[command](arguments)
