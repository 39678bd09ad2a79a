import type { ThemeConfig } from "antd";

export const FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans SC Variable", sans-serif';

/** Ink and paper. Colour is kept for severity alone. */
export const theme: ThemeConfig = {
  token: {
    colorPrimary: "#1f2d3a",
    colorInfo: "#1f2d3a",
    colorLink: "#1f2d3a",
    colorError: "#b3261e",
    colorWarning: "#b45f06",
    colorText: "#16202b",
    colorTextSecondary: "#4b5966",
    colorTextPlaceholder: "#66737f",
    colorBorder: "#c9d1d8",
    colorBorderSecondary: "#e2e7ec",
    colorBgLayout: "#f2f4f6",
    // Made from so dark a primary colour, it would be too dark for the words on it.
    controlItemBgActive: "#e9eef2",
    controlItemBgActiveHover: "#e2e7ec",
    borderRadius: 6,
    fontFamily: FONT,
    fontSize: 13,
    controlHeight: 30,
    motionDurationMid: "0.12s",
    motionDurationSlow: "0.16s",
  },
  components: {
    Segmented: { itemSelectedBg: "#ffffff", trackBg: "#e8ecef" },
    Tooltip: { colorBgSpotlight: "#1f2d3a" },
  },
};
