import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const gateway = process.env.GATEWAY_URL ?? 'http://localhost:8501';

// The built page may run only its own scripts and talk only to the gateway that served it. Styles are
// allowed inline because AG Grid and uPlot write theirs into the document.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
};

export default defineConfig({
  plugins: [svelte(), contentSecurityPolicy],
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      output: {
        manualChunks: {
          grid: ['ag-grid-community'],
          charts: ['echarts/core', 'echarts/charts', 'echarts/components', 'echarts/renderers', 'uplot'],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: gateway, ws: true }, '/openapi.json': gateway } },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
