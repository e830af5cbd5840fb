"""The panel "MRI Tumor" of 3D Slicer: choose a bundle and volumes, run, see volumes.

Widgets only. What is thought about lies in the package ``mritumor.slicer``, which
this panel offers to install into Slicer's Python. ``docs/slicer.md`` is the recipe.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleWidget,
)

OLDEST = (3, 10)
SINGLE = ["vtkMRMLScalarVolumeNode"]
SEVERAL = [
    "vtkMRMLVectorVolumeNode",
    "vtkMRMLMultiVolumeNode",
    "vtkMRMLSequenceNode",
]
QUESTION = (
    "This downloads mritumor and what it needs (MONAI, PyTorch unless it is there, "
    "together up to some GB) into Slicer's own Python. Slicer will not answer until "
    "it is done. Go on?"
)


class MRITumor(ScriptedLoadableModule):
    """What Slicer's module list shows."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "MRI Tumor"
        parent.categories = ["Segmentation"]
        parent.dependencies = []
        parent.contributors = ["The mritumor authors"]
        parent.helpText = (
            "Outlines brain tumours in MRI with a MONAI bundle and tells their volumes. "
            "Research use; not a medical device."
        )
        parent.acknowledgementText = "Built on MONAI and 3D Slicer."


class MRITumorWidget(ScriptedLoadableModuleWidget):
    """The panel."""

    def setup(self) -> None:
        """Build the panel; called once, when the user first opens the module."""
        ScriptedLoadableModuleWidget.setup(self)
        self.facts: Any = None
        self.session: Any = None
        self.selectors: dict[str, Any] = {}
        self.whole: Any = None
        self.volumes: Any = None
        self.running = False

        self.installButton = qt.QPushButton("Install mritumor")
        self.installButton.connect("clicked(bool)", self.onInstall)
        self.layout.addWidget(self.installButton)

        inputs = ctk.ctkCollapsibleButton()
        inputs.text = "Bundle and volumes"
        self.layout.addWidget(inputs)
        self.form = qt.QFormLayout(inputs)
        self.bundle = ctk.ctkPathLineEdit()
        self.bundle.filters = ctk.ctkPathLineEdit.Dirs
        self.bundle.settingKey = "MRITumor/bundle"
        self.bundle.connect("currentPathChanged(QString)", self.onBundle)
        self.form.addRow("Bundle folder:", self.bundle)
        self.about = qt.QLabel()
        self.about.wordWrap = True
        self.form.addRow(self.about)
        self.reference = qt.QComboBox()
        self.reference.toolTip = "The result has the voxels of this sequence."
        self.form.addRow("Reference:", self.reference)
        self.device = qt.QComboBox()
        self.form.addRow("Run on:", self.device)

        self.runButton = qt.QPushButton("Run")
        self.runButton.connect("clicked(bool)", self.onRun)
        self.cancelButton = qt.QPushButton("Cancel")
        self.cancelButton.connect("clicked(bool)", self.onCancel)
        self.progress = qt.QProgressBar()
        self.message = qt.QLabel()
        self.message.wordWrap = True
        # Without a scene: with one, it would want a view node of its own too.
        self.table = slicer.qMRMLTableView()
        self.show3D = slicer.qMRMLSegmentationShow3DButton()
        for widget in (
            self.runButton,
            self.cancelButton,
            self.progress,
            self.message,
            self.table,
            self.show3D,
        ):
            self.layout.addWidget(widget)
        self.layout.addStretch(1)
        self.onBundle()

    def cleanup(self) -> None:
        """Called when Slicer closes."""
        self.onCancel()

    def onInstall(self, *_: Any) -> None:
        """Install the package after asking."""
        if sys.version_info < OLDEST:
            have, need = (".".join(map(str, v[:2])) for v in (sys.version_info, OLDEST))
            slicer.util.errorDisplay(
                f"mritumor needs Python {need}; this Slicer has {have}: "
                "take a newer Slicer."
            )
        elif slicer.util.confirmOkCancelDisplay(QUESTION, "Install mritumor"):
            try:
                install()
            except Exception as error:  # pip's failures are CalledProcessError
                slicer.util.errorDisplay(f"The installation failed: {error}")
        self.onBundle()

    def onBundle(self, *_: Any) -> None:
        """Read the chosen bundle and offer one selector for each of its sequences."""
        ready = installed()
        self.installButton.visible = not ready
        self.facts = None
        path = self.bundle.currentPath
        if not ready:
            self.about.text = "mritumor is not installed in this Slicer yet."
        elif not path:
            self.about.text = "Choose the folder of a bundle."
        else:
            self._readBundle(path)
        self._makeSelectors()
        self._update()

    def onVolume(self, *_: Any) -> None:
        """Offer what is chosen as reference, and see whether a run can start."""
        before = self.reference.currentText
        chosen = [] if self._whole() else self._chosen()
        self.reference.clear()
        self.reference.addItems(chosen)
        if before in chosen:
            self.reference.setCurrentIndex(chosen.index(before))
        self._update()

    def onRun(self, *_: Any) -> None:
        """Run the bundle; clicks on Cancel come in between two windows."""
        from mritumor.slicer import Session

        self.session = self.session or Session()
        nodes = self._whole() or {m: s.currentNode() for m, s in self.selectors.items()}
        self.running = True
        self._update()
        try:
            answer = self.session.attempt(
                self.facts.folder,
                nodes,
                device=self.device.currentText,
                reference=self.reference.currentText or None,
                tell=self._tell,
            )
        finally:
            self.running = False
            self._update()
        self.message.text = answer.message
        self.progress.value = 100 if answer.done else 0
        if answer.failed:
            slicer.util.errorDisplay(answer.message)
        if answer.done:
            self.bundle.addCurrentPathToHistory()  # offered when Slicer starts again
            self.table.setMRMLTableNode(answer.done.table)
            self.show3D.setSegmentationNode(answer.done.segmentation)

    def onCancel(self, *_: Any) -> None:
        """Ask the run to stop."""
        if self.session is not None:
            self.session.cancel()

    def _readBundle(self, path: str) -> None:
        from mritumor.errors import MRITumorError
        from mritumor.slicer import devices, read_facts

        try:
            self.facts = read_facts(path)
            self.about.text = self.facts.about
            if not self.device.count:
                self.device.addItems(devices())
        except MRITumorError as error:
            self.about.text = str(error)

    def _makeSelectors(self) -> None:
        if self.volumes is not None:
            self.volumes.deleteLater()
        self.volumes = qt.QWidget()
        form = qt.QFormLayout(self.volumes)
        self.selectors, self.whole = {}, None
        if self.facts is not None:
            self.selectors = {m: self._selector(SINGLE) for m in self.facts.modalities}
            for modality, selector in self.selectors.items():
                form.addRow(f"{modality}:", selector)
            self._suggest()
            if len(self.selectors) > 1:
                self.whole = self._selector(SEVERAL)
                self.whole.toolTip = "In this order: " + ", ".join(self.selectors)
                form.addRow("or all in one:", self.whole)
        self.form.insertRow(2, self.volumes)
        self.onVolume()

    def _selector(self, kinds: list[str]) -> Any:
        selector = slicer.qMRMLNodeComboBox()
        selector.nodeTypes = kinds
        selector.showChildNodeTypes = False
        selector.noneEnabled = True
        selector.addEnabled = selector.removeEnabled = selector.renameEnabled = False
        selector.setMRMLScene(slicer.mrmlScene)
        selector.setCurrentNode(None)
        selector.connect("currentNodeChanged(vtkMRMLNode*)", self.onVolume)
        return selector

    def _suggest(self) -> None:
        """Choose the volumes whose names tell which sequence they are."""
        from mritumor.slicer import suggest

        # By class name: label maps are scalar volumes too.
        loaded = slicer.util.getNodesByClass(SINGLE[0])
        nodes = [node for node in loaded if node.GetClassName() == SINGLE[0]]
        found = suggest(tuple(self.selectors), [node.GetName() for node in nodes])
        for modality, index in found.items():
            self.selectors[modality].setCurrentNode(nodes[index])

    def _whole(self) -> Any:
        return None if self.whole is None else self.whole.currentNode()

    def _chosen(self) -> list[str]:
        return [m for m, s in self.selectors.items() if s.currentNode() is not None]

    def _update(self) -> None:
        """Enable what can be clicked now, and say what is still missing."""
        problem: str | None = "install mritumor first"
        if installed():
            from mritumor.slicer import obstacle

            whole = self._whole() is not None
            problem = obstacle(self.facts, self._chosen(), whole)
        self.runButton.enabled = problem is None and not self.running
        self.runButton.toolTip = problem or "Outline the tumour"
        self.cancelButton.enabled = self.running
        self.bundle.enabled = self.volumes.enabled = not self.running
        self.reference.enabled = self.device.enabled = not self.running

    def _tell(self, done: float, doing: str) -> None:
        self.progress.value = round(100 * done)
        self.message.text = doing
        slicer.app.processEvents()


def installed() -> bool:
    """Return whether mritumor and what it needs can be imported."""
    if importlib.util.find_spec("mritumor") is None:
        return False
    from mritumor.slicer import absent

    return not absent()


def install() -> None:
    """Install mritumor, from this folder's repository where there is one."""
    root = Path(__file__).resolve().parents[2]
    source = str(root) if (root / "setup.cfg").is_file() else "mritumor"
    # Slicer's own SimpleITK, NumPy and torch must stay: see mritumor.slicer.installing.
    slicer.util.pip_install(["--no-deps", source])
    importlib.invalidate_caches()
    from mritumor.slicer import needs

    slicer.util.pip_install(needs())
    importlib.invalidate_caches()
