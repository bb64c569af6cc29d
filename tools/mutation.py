"""Which changes of a module are worth trying, and what the module then reads.

Comparisons, numbers, truth values, conditions, arithmetic and returned values
are changed, one at a time. Never changed: strings, annotations, ``@dataclass``
options, ``if TYPE_CHECKING`` and ``__all__``.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Field = tuple[ast.AST, str, int | None]
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
    ast.And: ast.Or,
    ast.Add: ast.Sub,
    ast.Mult: ast.Div,
}
SWAPS |= {after: before for before, after in SWAPS.items()}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, the line before and after, and the whole changed module."""

    module: str
    line: int
    scope: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What the change is, whatever its line number: also its name among equivalents."""
        return f"{self.module}: {self.scope}: {self.before} → {self.after}"

    def __str__(self) -> str:
        return self.key.replace(self.module, f"{self.module}:{self.line}", 1)


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of ``source``, each differing from it in one line once unparsed."""
    tree = ast.parse(source)
    clean = ast.unparse(tree)
    seen = {clean}
    for field, scope in list(fields(tree, "module")):
        node = get(field)
        for changed in changes(node, field):
            put(field, changed)
            text = ast.unparse(tree)
            put(field, node)
            if text not in seen:
                seen.add(text)
                before, after = first_difference(clean, text)
                yield Mutant(module, line_of(field, node), scope, before, after, text)


def fields(node: ast.AST, scope: str) -> Iterator[tuple[Field, str]]:
    """Every place below ``node`` that may be changed, with the function that it is in."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or left_alone(child):
                continue
            yield (node, name, index), scope
            yield from fields(child, _inside(child, scope))


def _inside(node: ast.AST, scope: str) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return f"{scope}.{node.name}".removeprefix("module.")
    return scope


def left_alone(node: ast.AST) -> bool:
    """Whether a change below ``node`` could not matter to what the module does."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.Call(func=ast.Name(id="dataclass")):
            return True
    return False


def changes(node: ast.AST, field: Field) -> Iterator[ast.AST]:
    """What may stand in place of ``node``: at most one change of each kind."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.cmpop() | ast.boolop() | ast.operator() if type(node) in SWAPS:
            yield SWAPS[type(node)]()
        case ast.Return(value=ast.expr() as value) if not is_none(value):
            yield ast.Return(ast.Constant(None))
    parent, name, _ = field
    conditional = name in ("test", "guard") and not isinstance(parent, ast.Assert)
    if isinstance(node, ast.expr) and (conditional or name == "ifs"):
        yield ast.UnaryOp(ast.Not(), node)


def is_none(node: ast.AST) -> bool:
    """Whether ``node`` is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None


def get(field: Field) -> ast.AST:
    """The node at ``field``."""
    parent, name, index = field
    value = getattr(parent, name)
    node: ast.AST = value if index is None else value[index]
    return node


def put(field: Field, node: ast.AST) -> None:
    """Sets the node at ``field``."""
    parent, name, index = field
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


def line_of(field: Field, node: ast.AST) -> int:
    """The line of ``node``, or of its parent: operators have none of their own."""
    line: int = getattr(node, "lineno", getattr(field[0], "lineno", 0))
    return line


def first_difference(clean: str, text: str) -> tuple[str, str]:
    """The first line in which two unparsed modules differ, in both."""
    pairs = zip(clean.splitlines(), text.splitlines(), strict=True)
    before, after = next((a, b) for a, b in pairs if a != b)
    return before.strip(), after.strip()
