import type {
  Adjustment,
  AdjustmentState,
  Alert,
  AlertDetail,
  ClientExposure,
  Instrument,
  Limits,
  MetricsPoint,
  Page,
  Position,
  QuarantinedMessage,
  QuarantineKind,
  SymbolExposure,
  Transaction,
} from '../core/contract';

/** Its message is fit for a person to read. */
export class ApiError extends Error {}

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, { headers: { accept: 'application/json' }, ...init });
  } catch {
    throw new ApiError('The gateway cannot be reached.');
  }
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  throw new ApiError(problem.detail ?? problem.title ?? `The gateway answered ${response.status}.`);
}

function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return request<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

const part = encodeURIComponent;

interface AdjustmentsWanted {
  symbol?: string | undefined;
  state?: AdjustmentState;
  /** By effective_at: the first is applied next. Else the newest is first. */
  sort?: 'effective_at';
  limit?: number;
}

export const api = {
  client: (id: string) =>
    request<{ exposure: ClientExposure; positions: Position[]; alerts: Alert[] }>(`/exposures/clients/${part(id)}`),
  symbol: (id: string) =>
    request<{ exposure: SymbolExposure; instrument: Instrument | null; positions: Position[]; alerts: Alert[] }>(
      `/exposures/symbols/${part(id)}`,
    ),
  alert: (id: number) => request<AlertDetail>(`/alerts/${id}`),
  resolvedAlerts: (before: number | null) =>
    request<Page<Alert>>(`/alerts?status=RESOLVED&limit=200${before === null ? '' : `&before=${before}`}`),
  acknowledge: (id: number, user: string, comment: string) =>
    post<AlertDetail>(`/alerts/${id}/ack`, comment ? { user, comment } : { user }),
  assign: (id: number, user: string, assignee: string) => post<AlertDetail>(`/alerts/${id}/assign`, { user, assignee }),
  comment: (id: number, user: string, comment: string) => post<AlertDetail>(`/alerts/${id}/comment`, { user, comment }),
  transactions: (of: { client_id?: string; symbol?: string }, limit: number) =>
    request<Page<Transaction>>(`/transactions?${new URLSearchParams({ ...of, limit: String(limit) })}`),
  history: () => request<{ items: MetricsPoint[] }>('/metrics/history'),
  limits: () => request<Limits>('/limits'),
  quarantine: (of: { kind?: QuarantineKind; waiting?: 'true' } = {}) =>
    request<Page<QuarantinedMessage>>(`/quarantine?${new URLSearchParams({ ...of, limit: '100' })}`),
  decide: (id: number, action: 'apply' | 'drop', user: string, reason: string) =>
    post<QuarantinedMessage>(`/quarantine/${id}/${action}`, { user, reason }),
  adjustments: ({ symbol, limit = 100, ...of }: AdjustmentsWanted = {}) =>
    request<Page<Adjustment>>(
      `/adjustments?${new URLSearchParams({ ...of, ...(symbol && { symbol }), limit: String(limit) })}`,
    ),
  withdraw: (id: number, user: string, reason: string) =>
    post<Adjustment>(`/adjustments/${id}/withdraw`, { user, reason }),
};
