const LABEL_WIDTH = 140;
const PLOT_WIDTH = 1_200;
const RIGHT_MARGIN = 20;
const TICKS_MAX = 24;
const STEPS_US = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000].flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);

/** Virtual time across the page. */
export class TimelineScale {
  readonly endUs: number;
  readonly width = LABEL_WIDTH + PLOT_WIDTH + RIGHT_MARGIN;

  constructor(endUs: number) {
    this.endUs = endUs;
  }

  xOf(us: number): number {
    return Math.round((LABEL_WIDTH + (us * PLOT_WIDTH) / this.endUs) * 10) / 10;
  }

  /** The axis, above and below what it is for. */
  ticksSvg(top: number, bottom: number): string {
    const stepUs = STEPS_US.find((us) => this.endUs / us <= TICKS_MAX) ?? this.endUs;
    const ticks: string[] = [];
    for (let atUs = 0; atUs <= this.endUs; atUs += stepUs) {
      const x = this.xOf(atUs);
      const text = `${Number((atUs / 1_000_000).toFixed(6))} s`;
      ticks.push(`<line class="tick" x1="${x}" x2="${x}" y1="${top - 4}" y2="${bottom + 4}"/>`);
      for (const y of [top - 8, bottom + 15]) {
        ticks.push(`<text class="axis" x="${x}" y="${y}" text-anchor="middle">${text}</text>`);
      }
    }
    return ticks.join("");
  }
}

export function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}
