// What a person chose, kept in this browser.

import type { Zone } from '../core/time';

export type Theme = 'auto' | 'dark' | 'light';

function read(key: string): string | null {
  try {
    return localStorage.getItem(`risk-alert.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`risk-alert.${key}`, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function oneOf<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  const value = read(key) as T | null;
  return value !== null && allowed.includes(value) ? value : otherwise;
}

const system = matchMedia('(prefers-color-scheme: light)');

class Prefs {
  theme = $state<Theme>(oneOf('theme', ['auto', 'dark', 'light'], 'auto'));
  zone = $state<Zone>(oneOf('zone', ['utc', 'local'], 'utc'));
  /** Who acknowledges, assigns and comments. */
  user = $state(read('user') ?? '');
  private systemLight = $state(system.matches);

  constructor() {
    system.addEventListener('change', (event) => {
      this.systemLight = event.matches;
      this.dress();
    });
    this.dress();
  }

  get shown(): 'dark' | 'light' {
    if (this.theme !== 'auto') return this.theme;
    return this.systemLight ? 'light' : 'dark';
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.dress();
    write('theme', theme);
  }

  /** At once, not in an effect: the charts read their colours from the document in effects of their own. */
  private dress(): void {
    document.documentElement.dataset.theme = this.shown;
  }

  setZone(zone: Zone): void {
    this.zone = zone;
    write('zone', zone);
  }

  setUser(user: string): void {
    this.user = user;
    write('user', user);
  }
}

export const prefs = new Prefs();
