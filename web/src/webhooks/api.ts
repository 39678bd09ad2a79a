import { request } from "../api/http";
import type { Severity } from "../api/types";

export type Shape = "json" | "wecom" | "dingtalk" | "feishu";

/** A webhook, and how it has done since the service started. Its address is a secret: only the host is told. */
export interface Webhook {
  readonly name: string;
  readonly shape: Shape;
  readonly host: string;
  readonly severities: readonly Severity[];
  readonly teams: readonly string[];
  readonly waiting: number;
  readonly last: string | null;
  readonly why: string | null;
  readonly again: string | null;
}

/** An alert that a webhook did not take. */
export interface DeadLetter {
  readonly id: number;
  readonly webhook: string;
  readonly call: string;
  readonly alert: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly agent: string | null;
  readonly team: string | null;
  readonly raised: string | null;
  readonly died: string;
  readonly attempts: number;
  readonly why: string | null;
}

export interface Webhooks {
  readonly webhooks: readonly Webhook[];
  readonly dead: readonly DeadLetter[];
}

export type Order = "retry" | "drop";

export const webhooks = {
  state: () => request<Webhooks>("GET", "webhooks"),
  order: (id: number, order: Order) => request<Webhooks>("POST", `webhooks/dead/${id}`, { order }),
};
