"""Forms in which users give and get architectures: one file per form, and one row in the table."""

from fgp_sklearn.architectures._forms._architectures import is_architecture, read_architectures
from fgp_sklearn.architectures._forms._form import Form
from fgp_sklearn.architectures._forms._networkx import is_graph, read_graphs
from fgp_sklearn.architectures._forms._pairs import is_lone_pair, is_pair, read_pairs
from fgp_sklearn.architectures._forms._texts import is_text, read_texts

FORMS = (
    Form("graph", "networkx.DiGraph", is_graph, is_graph, read_graphs),
    Form("(adjacency, ops)", "(adjacency, ops) pairs", is_pair, is_lone_pair, read_pairs),
    Form("architecture", "Architecture objects", is_architecture, is_architecture, read_architectures),
    Form("text", "texts of benchmarks that cannot be mistaken", is_text, is_text, read_texts),
)

__all__ = ["FORMS", "Form"]
