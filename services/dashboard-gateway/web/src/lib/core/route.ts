// What the drawer shows, as the part of the address after #.

export type Route =
  | { view: 'alert'; id: number }
  | { view: 'client'; id: string }
  | { view: 'symbol'; id: string }
  | { view: 'system' }
  | null;

export function parseRoute(hash: string): Route {
  const [, view, id] = /^#\/(alert|client|symbol|system)(?:\/(.+))?$/.exec(hash) ?? [];
  if (view === 'system') return { view };
  if (id === undefined) return null;
  let text: string;
  try {
    text = decodeURIComponent(id);
  } catch {
    return null;
  }
  if (view === 'alert') return /^\d+$/.test(text) ? { view, id: Number(text) } : null;
  if (view === 'client' || view === 'symbol') return { view, id: text };
  return null;
}

export function formatRoute(route: Route): string {
  if (route === null) return '#/';
  return route.view === 'system' ? '#/system' : `#/${route.view}/${encodeURIComponent(route.id)}`;
}
