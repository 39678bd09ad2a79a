import { Spin } from "antd";
import { Brand } from "./Brand";

export function Boot({ text }: { readonly text: string }) {
  return (
    <main className="boot">
      <Brand />
      <p className="boot-state" role="status">
        <Spin size="small" />
        {text}
      </p>
    </main>
  );
}
