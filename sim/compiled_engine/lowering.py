"""A rule as LLVM reads it, by way of Numba: used by :mod:`sim.compiled_engine.build` when nothing is kept on disk."""

from __future__ import annotations

import contextlib
import re
import types as python
from collections.abc import Callable, Iterator
from typing import Any

import numba
from llvmlite import ir
from numba.core import compiler, typed_passes, types, untyped_passes
from numba.core.compiler_machinery import PassManager
from numba.core.imputils import lower_getattr_generic, lower_setattr_generic
from numba.core.registry import cpu_target
from numba.core.types.functions import BaseFunction
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

from sim.compiled_engine import records
from sim.compiled_engine.features import NAMES
from sim.compiled_engine.memory import RULES, WORD, Primitive, Record

Builder = Any
Values = Any

INT, BYTE, DOUBLE = ir.IntType(64), ir.IntType(8), ir.DoubleType()
POINTER = BYTE.as_pointer()


class RecordType(types.Type):
    """A record in memory, by its address."""

    def __init__(self, record: type[Record]) -> None:
        super().__init__(name=record.__name__)
        self.fields = {name: (n * WORD, kind) for n, (name, kind) in enumerate(record.fields().items())}


@register_model(RecordType)
class RecordModel(models.PrimitiveModel):  # type: ignore[misc]
    """An address."""

    def __init__(self, manager: Any, kind: Any) -> None:  # noqa: ANN401
        super().__init__(manager, kind, POINTER)


@infer_getattr
class RecordFields(AttributeTemplate):  # type: ignore[misc]
    """A field is a double or a whole number."""

    key = RecordType

    def generic_resolve(self, record: RecordType, name: str) -> Any:  # noqa: ANN401
        """Return the type of a field."""
        return numba.float64 if record.fields[name][1] == "f8" else numba.int64


def _field(builder: Builder, record: RecordType, address: Any, name: str) -> tuple[Any, str]:  # noqa: ANN401
    """Return where a field lies, and what LLVM is to call it: nothing else lies there."""
    at, kind = record.fields[name]
    place = builder.gep(address, [ir.Constant(INT, at)], inbounds=True)
    return builder.bitcast(place, (DOUBLE if kind == "f8" else INT).as_pointer()), f"{record.name}.{name}"


def _only_there(builder: Builder, access: Any, what: str) -> None:  # noqa: ANN401
    """Tell LLVM that this access touches memory of its own kind (type-based alias analysis)."""
    module = builder.module
    root = module.add_metadata([ir.MetaDataString(module, "renewline")])
    kind = module.add_metadata([ir.MetaDataString(module, what), root, ir.Constant(INT, 0)])
    access.set_metadata("tbaa", module.add_metadata([kind, kind, ir.Constant(INT, 0)]))


@lower_getattr_generic(RecordType)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Builder, record: RecordType, address: Any, name: str) -> Any:  # noqa: ANN401
    if f"{record.name}.{name}" in NAMES:
        return _setting(builder, address, f"{record.name}.{name}")
    place, what = _field(builder, record, address, name)
    value = builder.load(place)
    _only_there(builder, value, what)
    return value


def _setting(builder: Builder, address: Any, name: str) -> Any:  # noqa: ANN401
    """Read a setting by a function that is added later, see :mod:`sim.compiled_engine.features`."""
    reader = builder.module.globals.get(name)
    if reader is None:
        reader = ir.Function(builder.module, ir.FunctionType(INT, [POINTER]), name)
        for promise in ("readonly", "nounwind", "willreturn"):
            reader.attributes._known |= {promise}
            reader.attributes.add(promise)
    return builder.call(reader, [address])


@lower_setattr_generic(RecordType)  # type: ignore[untyped-decorator]
def _write(context: Any, builder: Builder, signature: Any, values: Values, name: str) -> None:  # noqa: ANN401
    place, what = _field(builder, signature.args[0], values[0], name)
    _only_there(builder, builder.store(values[1], place), what)


RECORDS: dict[str, RecordType] = {
    name: RecordType(kind)
    for name, kind in vars(records).items()
    if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
}
WORLD = RECORDS["World"]
TYPES: dict[str, Any] = {
    "int": numba.int64, "Ref": numba.int64, "float": numba.float64, "None": numba.void, **RECORDS,
}  # fmt: skip
LLVM = {numba.int64: "i64", numba.float64: "double"}


class _Reader(compiler.CompilerBase):  # type: ignore[misc]
    """Numba's way from a function to LLVM, as far as rules need it: no closures, arrays or rewrites, half the time."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        passes = PassManager("rules")
        for step in (
            untyped_passes.TranslateByteCode,
            untyped_passes.FixupArgs,
            untyped_passes.IRProcessing,
            untyped_passes.ReconstructSSA,
            typed_passes.NopythonTypeInference,
            typed_passes.PreLowerStripPhis,
            typed_passes.IRLegalization,
            typed_passes.NativeLowering,
            typed_passes.NoPythonBackend,
        ):
            passes.add_pass(step, step.__name__)
        passes.finalize()
        return [passes]


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """Find out once what an operator makes of numbers: Numba looks through all that it knows at each place."""
    find, found = BaseFunction.get_call_type, {}

    def remembered(self: Any, context: Any, args: Any, kws: Any) -> Any:  # noqa: ANN401
        if kws or not all(isinstance(kind, types.Number | types.Boolean) for kind in args):
            return find(self, context, args, kws)
        if (self, args) not in found:
            found[self, args] = find(self, context, args, kws)
        return found[self, args]

    BaseFunction.get_call_type = remembered  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseFunction.get_call_type = find  # type: ignore[method-assign]


def llvm_of(name: str, function: Callable[..., Any]) -> str:
    """Return a rule as an LLVM module that defines a function of its name; other rules are declared in it."""
    signature = signature_of(function)
    flags = compiler.Flags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    made = compiler.compile_extra(
        cpu_target.typing_context,
        cpu_target.target_context,
        _with_meanings(function),
        signature.args,
        signature.return_type,
        flags,
        {},
        pipeline_class=_Reader,
    )
    mangled = made.fndesc.mangled_name
    text = str(made.library.get_llvm_str())
    return _INNER.sub(r"\1 alwaysinline {", text) + _plain(name, mangled, signature)


_INNER = re.compile(r"(define i32 @_Z[^{]*?\))[^){]*\{")


def signature_of(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - Numba has no types
    """Return what goes in and comes out of a rule."""
    kinds = dict(function.__annotations__)
    out = TYPES[kinds.pop("return")]
    return out(*(TYPES[kind] for kind in kinds.values()))


def _plain(name: str, mangled: str, signature: Any) -> str:  # noqa: ANN401
    """Return a function of the rule's own name around Numba's, which hands its result over in memory."""
    kinds = [LLVM.get(kind, "ptr") for kind in signature.args]
    given = ", ".join(f"{kind} %a{n}" for n, kind in enumerate(kinds))
    out = LLVM.get(signature.return_type, "ptr")
    return f"""
define {out} @{name}({given}) {{
  %result = alloca {out}
  %error = alloca ptr
  %status = call i32 @{mangled}(ptr %result, ptr %error, {given})
  %value = load {out}, ptr %result
  ret {out} %value
}}
"""


def _with_meanings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with what Numba understands in place of other rules and of primitives."""
    names = function.__code__.co_names
    meanings: dict[str, Any] = dict(_BUILTINS)
    for name in names:
        found = function.__globals__.get(name)
        if isinstance(found, Primitive):
            meanings[name] = _intrinsic(found)
        elif name in RULES:
            meanings[name] = numba.types.ExternalFunction(name, signature_of(RULES[name]))
        elif found is not None:
            meanings[name] = found
    return python.FunctionType(function.__code__, {"__builtins__": __builtins__, **meanings}, function.__name__)


# primitives

_MADE: dict[Primitive[..., Any], Any] = {}


def _intrinsic(primitive: Primitive[..., Any]) -> Any:  # noqa: ANN401
    if primitive not in _MADE:
        _MADE[primitive] = _pointer(primitive.record) if primitive.record else _PRIMITIVES[primitive.name]
    return _MADE[primitive]


def _lies_at(b: Builder, world: Any, ref: Any) -> Any:  # noqa: ANN401
    return b.gep(world, [ref])


def _pointer(record: type[Record]) -> Any:  # noqa: ANN401
    kind = RECORDS[record.__name__]

    @intrinsic  # type: ignore[untyped-decorator]
    def find(typing: Any, world: Any, ref: Any) -> Any:  # noqa: ANN401
        def code(_context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
            return _lies_at(b, a[0], a[1])

        return kind(WORLD, numba.int64), code

    return find


def _row(kind: Any, llvm_kind: Any, what: str) -> Any:  # noqa: ANN401
    """Return an intrinsic on the n-th number of a row: ``get``, ``put`` or ``add``."""
    name = f"row of {kind}"

    def lies_at(b: Builder, a: Values) -> Any:  # noqa: ANN401
        at = b.add(a[1], b.mul(a[2], ir.Constant(INT, WORD)))
        return b.bitcast(_lies_at(b, a[0], at), llvm_kind.as_pointer())

    def get(_context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
        value = b.load(lies_at(b, a))
        _only_there(b, value, name)
        return value

    def put(context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
        at, value = lies_at(b, a), a[3]
        if what == "add":
            before = b.load(at)
            _only_there(b, before, name)
            value = b.fadd(before, value)
        _only_there(b, b.store(value, at), name)
        return context.get_dummy_value()

    if what == "get":

        @intrinsic  # type: ignore[untyped-decorator]
        def number(typing: Any, world: Any, ref: Any, n: Any) -> Any:  # noqa: ANN401
            return kind(WORLD, numba.int64, numba.int64), get

        return number

    @intrinsic  # type: ignore[untyped-decorator]
    def write(typing: Any, world: Any, ref: Any, n: Any, value: Any) -> Any:  # noqa: ANN401
        return numba.void(WORLD, numba.int64, numba.int64, kind), put

    return write


@intrinsic  # type: ignore[untyped-decorator]
def _bits(typing: Any, value: Any) -> Any:  # noqa: ANN401
    def code(_context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
        return b.bitcast(a[0], INT)

    return numba.int64(numba.float64), code


@intrinsic  # type: ignore[untyped-decorator]
def _ask(typing: Any, world: Any, what: Any, ref: Any, number: Any) -> Any:  # noqa: ANN401
    """Call the function whose address is the world's first field."""

    def code(context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
        address = b.load(b.bitcast(a[0], INT.as_pointer()))
        kind = ir.FunctionType(ir.VoidType(), [INT, INT, DOUBLE])
        b.call(b.inttoptr(address, kind.as_pointer()), [a[1], a[2], a[3]])
        return context.get_dummy_value()

    return numba.void(WORLD, numba.int64, numba.int64, numba.float64), code


def _chosen(compare: str) -> Any:  # noqa: ANN401
    """Return ``min`` or ``max`` of two numbers; Numba's own would be functions of their own."""

    @intrinsic  # type: ignore[untyped-decorator]
    def choose(typing: Any, x: Any, y: Any) -> Any:  # noqa: ANN401
        whole = isinstance(x, numba.types.Integer) and isinstance(y, numba.types.Integer)
        kind = numba.int64 if whole else numba.float64

        def code(_context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
            first = b.icmp_signed(compare, a[1], a[0]) if whole else b.fcmp_ordered(compare, a[1], a[0])
            return b.select(first, a[1], a[0])

        return kind(kind, kind), code

    return choose


@intrinsic  # type: ignore[untyped-decorator]
def _int(typing: Any, x: Any) -> Any:  # noqa: ANN401
    """Return the whole part of a double."""

    def code(_context: Any, b: Builder, _signature: Any, a: Values) -> Any:  # noqa: ANN401
        return b.fptosi(a[0], INT)

    return numba.int64(numba.float64), code


_BUILTINS = {"min": _chosen("<"), "max": _chosen(">"), "int": _int}
_PRIMITIVES = {
    "real": _row(numba.float64, DOUBLE, "get"),
    "put_real": _row(numba.float64, DOUBLE, "put"),
    "add_real": _row(numba.float64, DOUBLE, "add"),
    "whole": _row(numba.int64, INT, "get"),
    "put_whole": _row(numba.int64, INT, "put"),
    "bits": _bits,
    "ask": _ask,
}
