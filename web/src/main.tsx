import "@fontsource-variable/noto-sans-sc";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/layout.css";
import "./styles/calls.css";
import "./styles/alerts.css";
import "./styles/call.css";
import "./styles/summary.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Root } from "./components/Root";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
