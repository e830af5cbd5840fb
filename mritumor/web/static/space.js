// A volume drawn in the browser by NiiVue: three linked planes and the view in space.
const LABELS = 1002; // NIfTI's code of a label map: only of these NiiVue draws a border

const colourTable = (labels, colours) => {
  const values = [0, ...Object.keys(labels).map(Number)];
  const part = (start) => [0, ...colours.map((c) => parseInt(c.slice(start, start + 2), 16))];
  return { R: part(1), G: part(3), B: part(5), I: values, labels: ["", ...Object.values(labels)] };
};

export class Space {
  /** Draw a job's volume. `moved([sagittal, coronal, axial])` is called when the cross moves. */
  static async open(canvas, result, moved) {
    const { Niivue } = await import("/viewer.js");
    const view = new Niivue({
      backColor: [0, 0, 0, 1], crosshairColor: [0.45, 0.75, 1, 0.6], crosshairWidth: 0.5, crosshairGap: 6, show3Dcrosshair: true,
      isRadiologicalConvention: true, sagittalNoseLeft: true, multiplanarShowRender: 1, multiplanarLayout: 2,
      multiplanarEqualSize: false, dragAndDropEnabled: false, scrollRequiresFocus: true, loadingText: "", logLevel: "warn",
    });
    await view.attachToCanvas(canvas);
    // The name tells the format: the address has no extension.
    const volumes = [{ url: result.files.image, name: "image.nii.gz" }];
    const outlined = result.files.nifti && Object.keys(result.labels).length > 0;
    if (outlined) volumes.push({ url: result.files.nifti, name: "mask.nii.gz" });
    await view.loadVolumes(volumes);
    view.setSliceType(view.sliceTypeMultiplanar);
    if (outlined) {
      view.volumes[1].hdr.intent_code = LABELS;
      view.setAtlasOutline(1);
    }
    return new Space(view, result, outlined, moved);
  }

  constructor(view, result, outlined, moved) {
    Object.assign(this, { view, result, outlined, heated: null });
    view.onLocationChange = () => moved(this.place());
  }

  /** The server counts slices to the left, to the back and upward; NiiVue to the right and to the front. */
  place() {
    const [x, y, z] = this.view.scene.crosshairPos;
    const at = [1 - x, 1 - y, z];
    return this.result.volume.shape.map((n, a) => Math.min(n - 1, Math.max(0, Math.floor(at[a] * n))));
  }

  move(slices) {
    const [x, y, z] = this.result.volume.shape.map((n, a) => (slices[a] + 0.5) / n);
    this.view.scene.crosshairPos = [1 - x, 1 - y, z];
    this.view.drawScene();
  }

  look({ low, high, opacity, colours }) {
    const [black, white] = this.result.volume.levels;
    const image = this.view.volumes[0];
    image.cal_min = black + (white - black) * low / 100;
    image.cal_max = Math.max(black + (white - black) * high / 100, image.cal_min + 1e-6);
    if (this.outlined) {
      const mask = this.view.volumes[1];
      mask.setColormapLabel(colourTable(this.result.labels, colours));
      mask.opacity = opacity;
    }
    this.view.updateGLVolume();
  }

  async heat(shown) {
    if (shown && !this.heated) {
      await this.view.addVolumeFromUrl({ url: `${this.result.heat}.nii.gz`, name: "heat.nii.gz", colormap: "inferno", cal_min: 0.15, cal_max: 1 });
      this.heated = this.view.volumes.at(-1);
    }
    if (!this.heated) return;
    this.heated.opacity = shown ? 0.6 : 0;
    this.view.updateGLVolume();
  }

  close() {
    this.view.cleanup();
    this.view.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
