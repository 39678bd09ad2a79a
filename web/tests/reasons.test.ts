import { describe, expect, it } from "vitest";
import { reason } from "../src/webhooks/reasons";

const SAID = [
  "does not answer within 10 s",
  "cannot be reached",
  "the connection broke off",
  "TLS failed",
  "its certificate is not to be trusted: self-signed certificate",
  "answers with a redirect (HTTP 302), which is not followed",
  "answers with nothing a robot says; is this its address?",
  "answers with HTTP 503",
  "answers with 93000: invalid webhook url",
  "could not be sent in time",
  "the queue was full",
  "config.toml has no such webhook any more",
];

describe("reason", () => {
  it("says every failure in Chinese, with the other side's words", () => {
    for (const why of SAID) expect(reason(why, "zh")).toMatch(/[\u4e00-\u9fff]/);
    expect(reason("answers with 93000: invalid webhook url", "zh")).toBe("返回 93000: invalid webhook url");
    expect(reason("does not answer within 10 s", "zh")).toBe("10 秒内没有应答");
  });

  it("leaves English, and what it does not know, as it is", () => {
    for (const why of SAID) expect(reason(why, "en")).toBe(why);
    expect(reason("something new", "zh")).toBe("something new");
  });
});
