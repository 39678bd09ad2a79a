import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = "http://127.0.0.1:8770";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0, // fonts stay files, fetched only when a character needs them
    rolldownOptions: {
      output: {
        // What changes rarely apart from what changes with every release, so that browsers keep it.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: "antd", test: /node_modules[\\/](antd|@ant-design|@rc-component|@emotion|dayjs)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    // The server refuses foreign origins, so the proxy speaks as the server's own page.
    proxy: { "/api": { target: SERVER, ws: true, changeOrigin: true, headers: { origin: SERVER } } },
  },
});
