"""minigrad.viz: pictures of what is on a tape, plots, the player, explorers. Public names."""

from minigrad.renamed import moved

from .charts import Plot
from .compare import compare
from .draw import draw
from .explore import Explorer, explore
from .lecture import beside, paths, per_loss, schedule, sentence
from .notebook import register
from .pages.page import Figure, page
from .player import Player, player
from .plots import (
    plot_bias,
    plot_coverage,
    plot_eigenvalues,
    plot_gradient_norms,
    plot_hidden_states,
    plot_influence,
    plot_learning_curves,
    plot_loss_cliff,
    plot_singular_values,
)
from .render.diagram import Diagram
from .render.graphviz import RenderError
from .text.theme import Theme

__all__ = [
    "Diagram",
    "Explorer",
    "Figure",
    "Player",
    "Plot",
    "RenderError",
    "Theme",
    "beside",
    "compare",
    "draw",
    "explore",
    "page",
    "paths",
    "per_loss",
    "player",
    "plot_bias",
    "plot_coverage",
    "plot_eigenvalues",
    "plot_gradient_norms",
    "plot_hidden_states",
    "plot_influence",
    "plot_learning_curves",
    "plot_loss_cliff",
    "plot_singular_values",
    "schedule",
    "sentence",
]

moved(
    "minigrad.viz",
    {"diagram": "render.diagram", "files": "render.files", "numbers": "text.numbers", "records": "drawing"},
)
register()
