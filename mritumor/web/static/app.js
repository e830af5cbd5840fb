// The page of `mritumor serve`: sends files, asks how far the job is, shows results.
const $ = (id) => document.getElementById(id);
const PALETTE = ["#ff2929", "#56b5e8", "#f0e342", "#009e73", "#cc78ab"];
const PLANES = ["sagittal", "coronal", "axial"];
let limits = { max_upload: Infinity, viewer: false };
let job = null;
let space = null; // the browser's own drawing, where it can

const element = (tag, text, settings = {}) => {
  const made = Object.assign(document.createElement(tag), settings);
  if (text !== undefined) made.textContent = text;
  return made;
};
const tell = (words, bad = false) => {
  $("status").textContent = words;
  $("status").className = bad ? "bad" : "";
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function start() {
  limits = await (await fetch("/models")).json();
  $("files").accept = limits.accepted.join(",");
  for (const model of limits.models.filter((m) => m.ready))
    $("model").append(element("option", model.name, { value: model.name, title: model.description }));
  const group = (label, gate) => {
    const options = limits.pairs.filter((p) => p.gate === gate)
      .map((p) => element("option", `${p.classify}, then ${p.segment}`, { value: p.name }));
    if (options.length) $("model").append(element("optgroup", undefined, { label }));
    if (options.length) $("model").lastChild.append(...options);
  };
  group("A class, then an outline", false);
  group("An outline only where there is a tumour", true);
  const without = limits.models.filter((m) => !m.ready).map((m) => m.name);
  if (without.length) $("unready").textContent = `Without weights yet: ${without.join(", ")}`;
  $("kept").textContent = `Files are removed after ${limits.keep_minutes} minutes.`;
}

function chosen() {
  $("send").disabled = !$("files").files.length;
}

function upload(form) {
  // fetch cannot tell how much was sent; XMLHttpRequest can.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/predict?wait=false");
    request.responseType = "json";
    request.upload.onprogress = (e) => { if (e.lengthComputable) $("progress").value = e.loaded / e.total; };
    request.upload.onload = () => $("progress").removeAttribute("value");
    request.onload = () => request.status < 300 ? resolve(request.response)
      : reject(new Error(request.response?.detail ?? "The server did not answer as expected."));
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.send(form);
  });
}

async function send(event) {
  event.preventDefault();
  const files = [...$("files").files];
  if (!files.length) return;
  if (files.reduce((sum, f) => sum + f.size, 0) > limits.max_upload)
    return tell(`The files are larger than ${Math.floor(limits.max_upload / 2 ** 20)} MiB.`, true);
  const form = new FormData();
  files.forEach((file) => form.append("files", file));
  if ($("model").value) form.append("model", $("model").value);
  $("send").disabled = true;
  $("result").hidden = true;
  $("progress").hidden = false;
  tell("Sending …");
  try {
    let state = await upload(form), wait = 60;
    while (state.state === "waiting" || state.state === "running") {
      tell(`${state.step[0].toUpperCase()}${state.step.slice(1)} …`);
      await pause(wait);
      wait = Math.min(500, wait * 1.5); // a slice is done in no time, a volume is not
      const answer = await fetch(`/jobs/${state.job}`);
      state = await answer.json();
      if (!answer.ok) throw new Error(state.detail);
    }
    if (state.state === "failed") throw new Error(state.problem);
    tell("Done.");
    show(state.result);
  } catch (error) {
    tell(error.message, true);
  } finally {
    $("progress").hidden = true;
    $("send").disabled = false;
  }
}

function show(result) {
  job = result;
  $("result").hidden = false;
  const outlined = (result.summary.measures ?? []).some((m) => m.voxels > 0);
  const parts = [result.class_name, Object.keys(result.labels).length ? (outlined ? "outlined" : "nothing outlined") : null];
  $("headline").textContent = `${result.case}: ${parts.filter(Boolean).join(", ")}`;
  showBars(result.probabilities);
  showSizes(result.summary.measures ?? []);
  $("notes").replaceChildren(...(result.summary.notes ?? []).map((n) => element("li", n)));
  $("picture").hidden = Boolean(result.volume);
  $("planes").hidden = $("look").hidden = !result.volume;
  $("heat").checked = false;
  $("heatbox").hidden = !result.heat;
  if (result.volume) showVolume(result);
  else {
    closeSpace();
    $("outline").src = result.files.png;
  }
  showDownloads(result);
  $("headline").focus();
}

function showBars(probabilities) {
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  $("bars").replaceChildren(...sorted.map(([name, p]) => {
    const bar = element("div", undefined, { className: "bar" });
    const line = element("div");
    line.append(element("span", name), element("span", `${(100 * p).toFixed(1)} %`));
    const meter = element("meter", undefined, { min: 0, max: 1, value: p });
    meter.setAttribute("aria-label", `Probability of ${name}`);
    bar.append(line, meter);
    return bar;
  }));
}

function showSizes(measures) {
  const rows = measures.map((m) => {
    const row = element("tr");
    const size = m.volume_mm3 !== undefined ? `${(m.volume_mm3 / 1000).toFixed(2)} cm³` : `${m.voxels} px`;
    row.append(element("th", m.region, { scope: "row" }), element("td", size));
    return row;
  });
  $("sizes").hidden = !rows.length;
  $("sizes").tBodies[0].replaceChildren(...rows);
}

function showVolume(result) {
  const { shape, centre } = result.volume;
  $("planes").replaceChildren(...[2, 1, 0].map((axis) => {
    const figure = element("figure");
    const image = element("img", undefined, { alt: `${PLANES[axis]} plane with the outline`, id: `plane-${PLANES[axis]}` });
    const slider = element("input", undefined, { type: "range", min: 0, max: shape[axis] - 1, value: centre[axis], id: `slider-${PLANES[axis]}` });
    slider.setAttribute("aria-label", `${PLANES[axis]} slice`);
    slider.addEventListener("input", () => { draw(axis); space?.move(slices()); });
    image.addEventListener("click", (e) => jump(axis, e));
    figure.append(image, element("figcaption", PLANES[axis][0].toUpperCase() + PLANES[axis].slice(1)), slider);
    return figure;
  }));
  $("colours").replaceChildren(...Object.entries(result.labels).map(([value, name]) => {
    const label = element("label");
    const input = element("input", undefined, { type: "color", value: PALETTE[(value - 1) % PALETTE.length] });
    input.addEventListener("input", drawAll);
    label.append(input, ` ${name}`);
    return label;
  }));
  const here = Boolean(limits.viewer && result.files.image && document.createElement("canvas").getContext("webgl2"));
  $("herebox").hidden = !here;
  $("here").checked = here;
  drawWhere();
}

// The browser draws where it can; else, or where that fails, the server does.
async function drawWhere() {
  closeSpace();
  if ($("here").checked) {
    const shown = job, canvas = element("canvas", undefined, { id: "view" });
    canvas.setAttribute("aria-label", "Three planes, and the volume in space; drag to turn");
    canvas.tabIndex = 0;
    $("space").replaceChildren(canvas);
    $("space").hidden = false;
    $("pictures").classList.add("here");
    try {
      const { Space } = await import("/static/space.js");
      const opened = await Space.open(canvas, shown, (place) => {
        if (space === opened) place.forEach((index, axis) => { $(`slider-${PLANES[axis]}`).value = index; });
      });
      if (job !== shown || !$("here").checked) return opened.close();
      space = opened;
      space.move(slices());
      space.look(look());
      if ($("heat").checked) await space.heat(true);
    } catch (error) {
      console.warn(error);
      closeSpace();
      $("here").checked = false;
      $("herebox").hidden = true;
    }
  }
  drawAll();
}

function closeSpace() {
  space?.close();
  space = null;
  $("space").hidden = true;
  $("space").replaceChildren();
  $("pictures").classList.remove("here");
}

const slices = () => PLANES.map((plane) => Number($(`slider-${plane}`).value));
const look = () => ({
  low: Number($("low").value), high: Number($("high").value), opacity: $("opacity").value / 100,
  colours: [...$("colours").querySelectorAll("input")].map((input) => input.value),
});

function draw(axis) {
  if ($("here").checked) return;
  const { colours, ...rest } = look();
  const asked = new URLSearchParams({ ...rest, colours: colours.map((c) => c.slice(1)).join(","), heat: $("heat").checked });
  $(`plane-${PLANES[axis]}`).src = `/jobs/${job.job}/planes/${PLANES[axis]}/${$(`slider-${PLANES[axis]}`).value}?${asked}`;
}
function drawAll() {
  if (!job?.volume) return;
  space?.look(look());
  [0, 1, 2].forEach(draw);
}

async function showHeat() {
  const shown = job;
  if (!job.volume) {
    $("outline").src = $("heat").checked ? job.heat : job.files.png;
    return;
  }
  try {
    if ($("heat").checked) {
      tell("Looking for what speaks for this answer …");
      $("progress").removeAttribute("value");
      $("progress").hidden = false;
      const answer = await fetch(job.heat);
      if (!answer.ok) throw new Error((await answer.json()).detail);
      tell("The heat map is ready.");
    }
    if (job !== shown) return;
    await space?.heat($("heat").checked);
    drawAll();
  } catch (error) {
    $("heat").checked = false;
    tell(error.message, true);
  } finally {
    $("progress").hidden = true;
  }
}

// A click in one plane moves the other two there.
function jump(axis, event) {
  const { shape, spacing } = job.volume;
  const [across, down] = [0, 1, 2].filter((a) => a !== axis);
  const width = shape[across] * spacing[across], height = shape[down] * spacing[down];
  const box = event.target.getBoundingClientRect();
  const scale = Math.min(box.width / width, box.height / height);
  const x = (event.clientX - box.left - (box.width - width * scale) / 2) / (width * scale);
  let y = (event.clientY - box.top - (box.height - height * scale) / 2) / (height * scale);
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return;
  if (axis !== 2) y = 1 - y;
  $(`slider-${PLANES[across]}`).value = Math.floor(x * shape[across]);
  $(`slider-${PLANES[down]}`).value = Math.floor(y * shape[down]);
  draw(across); draw(down);
}

function showDownloads(result) {
  const words = { nifti: "NIfTI", dicom_seg: "DICOM SEG", png: "PNG", mask: "Mask", report: "Report" };
  $("downloads").replaceChildren(...Object.entries(words).filter(([kind]) => result.files[kind])
    .map(([kind, name]) => element("a", name, { href: result.files[kind], download: "", id: `get-${kind}` })));
}

$("files").addEventListener("change", chosen);
$("form").addEventListener("submit", send);
$("heat").addEventListener("change", showHeat);
$("here").addEventListener("change", drawWhere);
for (const id of ["low", "high", "opacity"]) $(id).addEventListener("input", drawAll);
for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
  $("drop").addEventListener(kind, (e) => {
    e.preventDefault();
    $("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && e.dataTransfer.files.length) { $("files").files = e.dataTransfer.files; chosen(); }
  });
start().catch(() => tell("The server cannot be reached.", true));
