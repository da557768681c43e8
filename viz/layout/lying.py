"""The layout of any graph on its side, close together, for a slide: data at the left, the output at the right."""

from dataclasses import replace

from ..drawing import Drawing
from ..text import boxes as content
from . import layered
from .geometry import Box, Layers, Layout, Route

CLOSE = Layers(port=19.0, apart=8.0, gap=9.0, swing=11.0, slope=0.08, widest=26.0)


def layout(drawing: Drawing) -> Layout:
    """Place nodes as `layered` does, from left to right: what stands beside a line there is above it."""
    operations = {node.id for node in drawing.nodes if node.role == "operation"}
    rows = {edge.id: () if edge.tail in operations else content.edge(edge) for edge in drawing.edges}
    rooms = {node.id: content.room(node) for node in drawing.nodes}
    sizes = {key: (height, width) for key, (width, height) in rooms.items()}
    standing = layered.arranged(drawing, sizes, rows, None, CLOSE, turned=True)

    def route(of: Route) -> Route:
        return Route(tuple((y, -x) for x, y in of.points))

    def box(of: Box) -> Box:
        return Box(of.y, -of.x, of.height, of.width)

    return Layout(
        {key: box(of) for key, of in standing.boxes.items()},
        {key: route(of) for key, of in standing.forward.items()},
        {key: route(of) for key, of in standing.backward.items()},
        {key: replace(note, box=box(note.box), align="centre") for key, note in standing.notes.items()},
    )
