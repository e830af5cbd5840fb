"""The few names of qt, ctk and Slicer's widgets that the panel uses, without a screen.

Each class knows only the methods listed: a misspelt one fails here as it would there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any


class Widget:
    """Keeps properties, and the slots that were connected to its signals."""

    signals: tuple[str, ...] = ()
    properties: tuple[str, ...] = ("enabled", "visible", "toolTip")

    def __init__(self, *_: Any) -> None:
        self.slots: dict[str, list[Callable[..., Any]]] = {}
        self.children: list[Any] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("slots", "children", *self.properties, *self.hidden()):
            raise AttributeError(f"{type(self).__name__} has no property {name}")
        object.__setattr__(self, name, value)

    def hidden(self) -> tuple[str, ...]:
        return ()

    def connect(self, signal: str, slot: Callable[..., Any]) -> None:
        if signal not in self.signals:
            raise AttributeError(f"{type(self).__name__} has no signal {signal}")
        self.slots.setdefault(signal, []).append(slot)

    def emit(self, signal: str, *values: Any) -> None:
        for slot in self.slots.get(signal, []):
            slot(*values)

    def deleteLater(self) -> None:
        pass


class Label(Widget):
    properties = (*Widget.properties, "text", "wordWrap")

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text


class PushButton(Label):
    signals = ("clicked(bool)",)

    def click(self) -> None:
        if getattr(self, "enabled", True):
            self.emit("clicked(bool)", False)


class ProgressBar(Widget):
    properties = (*Widget.properties, "value")


class ComboBox(Widget):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []
        self.at = -1

    def hidden(self) -> tuple[str, ...]:
        return ("items", "at")

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def currentText(self) -> str:
        return self.items[self.at] if self.items else ""

    def addItems(self, items: list[str]) -> None:
        self.items += items
        self.at = 0 if self.at < 0 and self.items else self.at

    def setCurrentIndex(self, index: int) -> None:
        self.at = index

    def clear(self) -> None:
        self.items, self.at = [], -1


class Layout(Widget):
    def addWidget(self, widget: Any) -> None:
        self.children.append(widget)

    def addStretch(self, _: int) -> None:
        pass

    def addRow(self, *parts: Any) -> None:
        self.children.append(parts)

    def insertRow(self, index: int, *parts: Any) -> None:
        self.children.insert(index, parts)


class PathLineEdit(Widget):
    Dirs = 1
    signals = ("currentPathChanged(QString)",)
    properties = (*Widget.properties, "filters", "settingKey")

    def __init__(self) -> None:
        super().__init__()
        self.path = ""
        self.history: list[str] = []

    def hidden(self) -> tuple[str, ...]:
        return ("path", "history")

    def addCurrentPathToHistory(self) -> None:
        self.history.append(self.path)

    @property
    def currentPath(self) -> str:
        return self.path

    def choose(self, path: str) -> None:
        self.path = path
        self.emit("currentPathChanged(QString)", path)


class NodeComboBox(Widget):
    signals = ("currentNodeChanged(vtkMRMLNode*)",)
    properties = (
        *Widget.properties,
        *("nodeTypes", "noneEnabled", "showChildNodeTypes"),
        *("addEnabled", "removeEnabled", "renameEnabled"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.scene: Any = None
        self.node: Any = None

    def hidden(self) -> tuple[str, ...]:
        return ("scene", "node")

    def setMRMLScene(self, scene: Any) -> None:
        self.scene = scene

    def currentNode(self) -> Any:
        return self.node

    def setCurrentNode(self, node: Any) -> None:
        assert self.scene is not None
        assert node is None or node.GetClassName() in self.nodeTypes
        self.node = node
        self.emit("currentNodeChanged(vtkMRMLNode*)", node)


class TableView(Widget):
    def hidden(self) -> tuple[str, ...]:
        return ("node",)

    def setMRMLTableNode(self, node: Any) -> None:
        self.node = node


class Show3DButton(Widget):
    def hidden(self) -> tuple[str, ...]:
        return ("node",)

    def setSegmentationNode(self, node: Any) -> None:
        self.node = node


class CollapsibleButton(Widget):
    properties = (*Widget.properties, "text")


class Module:
    def __init__(self, parent: Any) -> None:
        self.parent = parent


class ModuleWidget:
    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = Layout()

    def setup(self) -> None:
        pass


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(names)
    return made


MODULES = {
    "qt": module(
        "qt",
        QLabel=Label,
        QPushButton=PushButton,
        QProgressBar=ProgressBar,
        QComboBox=ComboBox,
        QFormLayout=Layout,
        QWidget=Widget,
    ),
    "ctk": module(
        "ctk", ctkCollapsibleButton=CollapsibleButton, ctkPathLineEdit=PathLineEdit
    ),
    "slicer.ScriptedLoadableModule": module(
        "slicer.ScriptedLoadableModule",
        ScriptedLoadableModule=Module,
        ScriptedLoadableModuleWidget=ModuleWidget,
    ),
}
WIDGETS = {
    "qMRMLNodeComboBox": NodeComboBox,
    "qMRMLTableView": TableView,
    "qMRMLSegmentationShow3DButton": Show3DButton,
}


class App(SimpleNamespace):
    """Slicer's application: what happens while events are handled can be set."""

    def processEvents(self) -> None:
        self.ticks = getattr(self, "ticks", 0) + 1
        if getattr(self, "meanwhile", None):
            self.meanwhile(self.ticks)
