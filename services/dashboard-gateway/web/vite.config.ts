import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import openapi from '../api/openapi.json' with { type: 'json' };

const gateway = process.env.GATEWAY_URL ?? 'http://localhost:8501';

export default defineConfig({
  plugins: [svelte()],
  // What the page takes from the contract as it is: a new type of alert needs no change of the page.
  define: { CONTRACT_ALERT_TYPES: JSON.stringify(openapi.components.schemas.AlertType.enum) },
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
