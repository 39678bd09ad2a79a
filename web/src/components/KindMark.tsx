import {
  CheckOutlined,
  ClockCircleOutlined,
  ColumnWidthOutlined,
  EllipsisOutlined,
  FallOutlined,
  FastForwardOutlined,
  MessageOutlined,
  MinusCircleOutlined,
  RiseOutlined,
  RollbackOutlined,
  ScissorOutlined,
  SoundOutlined,
  StopOutlined,
  SwapOutlined,
  SyncOutlined,
} from "@ant-design/icons";
import type { ComponentType } from "react";
import type { Finding } from "../api/types";

/** By kind, or kind/rule where rules of a kind differ in what they are. */
const ICONS = new Map<string, ComponentType>([
  ["banned_phrase", StopOutlined],
  ["overpromise", ColumnWidthOutlined],
  ["escalation", RiseOutlined],
  ["repeated_claim", SyncOutlined],
  ["made_to_repeat", SyncOutlined],
  ["evasion", RollbackOutlined],
  ["conduct/interruption", ScissorOutlined],
  ["conduct/dead_air", EllipsisOutlined],
  ["conduct/fast_speech", FastForwardOutlined],
  ["conduct/raised_voice", SoundOutlined],
  ["conduct/arguing", SwapOutlined],
  ["emotion_shift/rising", RiseOutlined],
  ["emotion_shift/soothed", FallOutlined],
  ["step", CheckOutlined],
  ["step_missing", MinusCircleOutlined],
  ["promise", ClockCircleOutlined],
]);

/** The sign of what kind of thing was found. Its name stands beside it. */
export function KindMark({ kind, rule }: Pick<Finding, "kind" | "rule">) {
  const Icon = ICONS.get(`${kind}/${rule}`) ?? ICONS.get(kind) ?? MessageOutlined;
  return (
    <span className="kind-mark" aria-hidden="true">
      <Icon />
    </span>
  );
}
