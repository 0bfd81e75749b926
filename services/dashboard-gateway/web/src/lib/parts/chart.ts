import { BarChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { element } from './grid';

echarts.use([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

export type ChartOption = echarts.EChartsCoreOption;

/** The colours of the theme now in force: a canvas cannot read CSS variables itself. */
export function palette(): Record<
  'text' | 'muted' | 'line' | 'raised' | 'low' | 'medium' | 'high' | 'critical' | 'accent',
  string
> {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: read('text'),
    muted: read('muted'),
    line: read('line'),
    raised: read('raised'),
    low: read('low'),
    medium: read('medium'),
    high: read('high'),
    critical: read('critical'),
    accent: read('accent'),
  };
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
    draw: (option) => chart.setOption(option, { notMerge: true, lazyUpdate: true }),
    destroy() {
      observer.disconnect();
      chart.dispose();
    },
  };
}
