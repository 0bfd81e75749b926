// AG Grid as this page uses it. Every cell is made of text nodes: a renderer that returns a string would be read as HTML.

import {
  CellStyleModule,
  ClientSideRowModelApiModule,
  ClientSideRowModelModule,
  type ColDef,
  ColumnAutoSizeModule,
  CsvExportModule,
  ExternalFilterModule,
  type ICellRendererParams,
  ModuleRegistry,
  NumberFilterModule,
  QuickFilterModule,
  RowApiModule,
  RowStyleModule,
  ScrollApiModule,
  TextFilterModule,
  themeQuartz,
  TooltipModule,
} from 'ag-grid-community';
import type { Decimal, RiskLevel } from '../core/contract';
import { compareDecimal, formatDecimal, formatPercent } from '../core/decimal';
import { plain } from '../core/plain';
import { LEVEL_WORDS, SEVERITY_RANK } from '../core/words';

ModuleRegistry.registerModules([
  CellStyleModule,
  ClientSideRowModelApiModule,
  ClientSideRowModelModule,
  ColumnAutoSizeModule,
  CsvExportModule,
  ExternalFilterModule,
  NumberFilterModule,
  QuickFilterModule,
  RowApiModule,
  RowStyleModule,
  ScrollApiModule,
  TextFilterModule,
  TooltipModule,
]);

export const gridTheme = themeQuartz.withParams({
  accentColor: 'var(--accent)',
  backgroundColor: 'var(--panel)',
  foregroundColor: 'var(--text)',
  browserColorScheme: 'inherit',
  borderColor: 'var(--line)',
  chromeBackgroundColor: 'var(--panel)',
  headerBackgroundColor: 'var(--panel)',
  headerTextColor: 'var(--muted)',
  rowHoverColor: 'var(--hover)',
  oddRowBackgroundColor: 'var(--panel)',
  rowBorder: { color: 'var(--line-soft)' },
  wrapperBorder: false,
  wrapperBorderRadius: 0,
  fontFamily: 'inherit',
  fontSize: 12.5,
  headerFontSize: 11.5,
  headerFontWeight: 600,
  rowHeight: 28,
  headerHeight: 30,
  cellHorizontalPadding: 8,
  iconSize: 13,
  menuBackgroundColor: 'var(--raised)',
  inputBackgroundColor: 'var(--panel)',
});

/** valueFormatter of a column of ids or names; filters and the CSV file have them as they came. */
export function plainValue({ value }: { value?: string | null }): string {
  return plain(value ?? '');
}

function compareNullable(a: Decimal | null | undefined, b: Decimal | null | undefined): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : -1) : 1;
  return compareDecimal(a, b);
}

function signClass({ value }: { value?: Decimal | null }): string {
  return `ag-right-aligned-cell number${value?.startsWith('-') ? ' negative' : ''}`;
}

/** `places` undefined shows the value as exact as it came. */
export function decimalColumn<T>(field: string, headerName: string, places?: number, more: ColDef<T> = {}): ColDef<T> {
  return {
    field: field as ColDef<T>['field'],
    headerName,
    type: 'rightAligned',
    cellClass: signClass,
    comparator: compareNullable,
    filter: 'agNumberColumnFilter',
    filterValueGetter: ({ data }) => {
      const value = data && (data as Record<string, Decimal | null>)[field];
      return value == null ? null : Number(value);
    },
    valueFormatter: ({ value }) => (value == null ? '–' : formatDecimal(value, places)),
    ...more,
  };
}

export function utilisationColumn<T extends { utilisation: Decimal | null; risk_level: RiskLevel }>(): ColDef<T> {
  return decimalColumn<T>('utilisation', 'Utilisation', 4, {
    minWidth: 116,
    valueFormatter: ({ value }) => (value == null ? 'no limit' : formatPercent(value)),
    cellRenderer: ({ value, data }: ICellRendererParams<T, Decimal | null>) => utilisationBar(value, data?.risk_level),
  });
}

function utilisationBar(value: Decimal | null | undefined, level: RiskLevel | undefined): HTMLElement {
  const cell = element('div', 'utilisation');
  if (value == null) {
    cell.append(element('span', 'none', 'no limit'));
    return cell;
  }
  const track = element('span', 'track');
  const fill = element('span', `fill ${(level ?? 'LOW').toLowerCase()}`);
  fill.style.width = `${Math.min(100, Math.abs(Number(value)) * 100)}%`;
  track.append(fill);
  cell.append(track, element('span', 'figure', formatPercent(value)));
  return cell;
}

export function levelColumn<T>(): ColDef<T> {
  return {
    field: 'risk_level' as ColDef<T>['field'],
    headerName: 'Risk',
    minWidth: 76,
    maxWidth: 96,
    comparator: (a: RiskLevel, b: RiskLevel) => SEVERITY_RANK[a] - SEVERITY_RANK[b],
    valueFormatter: ({ value }) => LEVEL_WORDS[value as RiskLevel],
    cellRenderer: ({ value }: ICellRendererParams<T, RiskLevel>) =>
      value ? element('span', `tag ${value.toLowerCase()}`, LEVEL_WORDS[value]) : '',
  };
}

export function element(name: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
