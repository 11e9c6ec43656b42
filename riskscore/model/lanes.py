"""Four numbers at once: what a processor multiplies in one instruction, as a type of compiled code.

A group of four float32 is taken from and put into rows of an array of shape (n, 4). Sums and
products go number by number and nothing is reordered, so the answer is the same on any processor.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

WIDTH = 4
VECTOR = ir.VectorType(ir.FloatType(), WIDTH)

Code = Callable[..., Any]
intrinsic: Callable[[Code], Any] = extending.intrinsic  # its types ask for what numba passes


class Four(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Four")


four: Any = Four()


@extending.register_model(Four)
class FourModel(extending.models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Point at row ``args[1]`` of array ``args[0]``."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    start = builder.mul(args[1], ir.Constant(args[1].type, WIDTH))
    return builder.bitcast(builder.gep(array.data, [start]), ir.PointerType(VECTOR))


@intrinsic
def take(_: Any, array: Any, __: Any) -> tuple[Any, Code]:
    """Read one row."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, signature, args), align=WIDTH)

    return four(array, types.uintp), code


@intrinsic
def put(_: Any, array: Any, __: Any, ___: Any) -> tuple[Any, Code]:
    """Write one row."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, signature, args), align=WIDTH)
        return context.get_dummy_value()

    return types.void(array, types.uintp, four), code


@intrinsic
def all_four(_: Any, __: Any) -> tuple[Any, Code]:
    """Repeat one number."""

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        group = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(WIDTH):
            group = builder.insert_element(group, args[0], cgutils.int32_t(lane))
        return group

    return four(types.float32), code


def _by_lane(operation: str) -> Any:
    @intrinsic
    def both(_: Any, __: Any, ___: Any) -> tuple[Any, Code]:
        def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
            return getattr(builder, operation)(*args)

        return four(four, four), code

    return both


def _define(sign: Code, operation: str) -> None:
    both = _by_lane(operation)

    @extending.overload(sign, strict=False)  # it would compare annotations, too
    def _of(left: Any, right: Any) -> Code | None:
        if left == right == four:
            return lambda left, right: both(left, right)  # noqa: PLW0108 - numba compiles this
        return None


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
