"""The site: `make docs` builds it with Sphinx from the pages in this folder; what else it has is in `site_pages/`."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


import minigrad

project = "minigrad"
version = release = minigrad.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "site_pages"]

# Pages
source_suffix = {".md": "myst-nb", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "lessons/exercises"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_merge_streams = True

# A block is copied without its prompts and without what it prints
copybutton_prompt_text = r">>> |\.\.\.(?: |$)|\$ "
copybutton_prompt_is_regexp = True

# Docstrings
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False

# The look: nothing comes from the network
html_theme = "furo"
html_title = "minigrad"
html_show_copyright = False
html_math_renderer = "mathml"
html_extra_path = ["_build/extra"]
_MATHS = find_spec("ziamath")  # brings STIX Two Math, of whose tables a browser sets formulas
_FONT = Path(_MATHS.submodule_search_locations[0], "fonts", "STIXTwoMath-Regular.ttf")
html_static_path = ["site_pages/site.css", str(_FONT)]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}

# The lessons run in this Python; its kernel's note that it listens on this machine is no warning of ours
(Path(__file__).parent / "_build" / "extra").mkdir(parents=True, exist_ok=True)  # `embedded` and `lessons` fill it
_KERNEL = Path(__file__).parent / "_build" / "jupyter" / "kernels" / "python3"
_KERNEL.mkdir(parents=True, exist_ok=True)
_ARGUMENTS = ["-m", "ipykernel_launcher", "--log-level=ERROR", "-f", "{connection_file}"]
_SPECIFICATION = {"argv": [sys.executable, *_ARGUMENTS], "display_name": "Python 3", "language": "python"}
(_KERNEL / "kernel.json").write_text(json.dumps(_SPECIFICATION), encoding="utf-8")
os.environ["JUPYTER_PATH"] = str(_KERNEL.parent.parent)
