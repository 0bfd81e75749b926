import { BarChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { element } from './grid';

echarts.use([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

export type ChartOption = echarts.EChartsCoreOption;

const NAMES = ['text', 'muted', 'line', 'raised', 'low', 'medium', 'high', 'critical', 'accent'] as const;
export type Palette = Record<(typeof NAMES)[number], string>;
const palettes = new Map<string, Palette>();

/** The colours of `theme`, which must be the one shown: a canvas cannot read CSS variables itself. */
export function palette(theme: string): Palette {
  const known = palettes.get(theme);
  if (known) return known;
  const style = getComputedStyle(document.documentElement);
  const read = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
  palettes.set(theme, read);
  return read;
}

/** Tooltips are built of text nodes: a formatter that returns a string would be read as HTML. */
export function tooltipOf(lines: string[]): HTMLElement {
  const box = element('div', 'chart-tip');
  for (const line of lines) box.append(element('div', '', line));
  return box;
}

export interface ChartHandle {
  draw(option: ChartOption): void;
  destroy(): void;
}

export function createChart(host: HTMLElement, onclick?: (index: number) => void): ChartHandle {
  const chart = echarts.init(host);
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(host);
  if (onclick) chart.on('click', (event) => onclick(event.dataIndex));
  return {
    draw: (option) => chart.setOption(option),
    destroy() {
      observer.disconnect();
      chart.dispose();
    },
  };
}
