"""Order of the gallery: first what most readers need."""

ORDER = (
    "plot_quickstart.py",
    "plot_your_own_graphs.py",
    "plot_attributes_of_blocks.py",
    "plot_latency_of_networks.py",
    "plot_new_device.py",
    "plot_label_efficiency.py",
    "plot_how_good.py",
    "plot_which_to_label.py",
    "plot_search_digits.py",
    "plot_uncertainty.py",
    "plot_several_targets.py",
    "plot_flow_surrogate.py",
    "plot_proxies.py",
    "plot_pipeline.py",
    "plot_optuna.py",
    "plot_save_and_share.py",
    "plot_scaling_dask.py",
)


class GalleryOrder:
    """Sort key of sphinx-gallery."""

    def __init__(self, source_folder: str) -> None:
        self.source_folder = source_folder

    def __call__(self, file_name: str) -> int:
        return ORDER.index(file_name)
