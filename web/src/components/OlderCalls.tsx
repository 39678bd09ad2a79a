import { App, Button } from "antd";
import { useState } from "react";
import { useWords } from "../i18n";
import { useSelect } from "../state/store";
import { useClient } from "./context";

/** Reads further back from the oldest call in the list. */
export function OlderCalls({ last }: { readonly last: string | undefined }) {
  const words = useWords();
  const client = useClient();
  const { message } = App.useApp();
  const call = useSelect((state) => (last === undefined ? undefined : state.calls.get(last)));
  const [state, setState] = useState<"more" | "busy" | "end">("more");
  if (call === undefined) return null;
  if (state === "end") return <p className="older">{words.noOlder}</p>;
  const read = async (): Promise<void> => {
    setState("busy");
    try {
      const count = await client.older(call.ended ?? call.started);
      setState(count > 0 ? "more" : "end");
    } catch {
      void message.error(words.olderFailed);
      setState("more");
    }
  };
  return (
    <p className="older">
      <Button type="text" loading={state === "busy"} onClick={() => void read()} data-testid="older-calls">
        {words.olderCalls}
      </Button>
    </p>
  );
}
