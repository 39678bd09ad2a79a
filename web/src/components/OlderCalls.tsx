import { App, Button } from "antd";
import { useState } from "react";
import { useWords } from "../i18n";
import { readFrom } from "../state/ended";
import { useSelect } from "../state/store";
import { useClient } from "./context";

/** Reads further back than the list goes. */
export function OlderCalls({ read: done }: { readonly read: () => void }) {
  const words = useWords();
  const client = useClient();
  const { message } = App.useApp();
  const before = useSelect(readFrom);
  const end = useSelect((state) => state.older.end);
  const [busy, setBusy] = useState(false);
  if (before === undefined) return null;
  if (end) return <p className="older">{words.noOlder}</p>;
  const read = async (): Promise<void> => {
    setBusy(true);
    await client.older(before).then(done, () => message.error(words.olderFailed));
    setBusy(false);
  };
  return (
    <p className="older">
      <Button type="text" loading={busy} onClick={() => void read()} data-testid="older-calls">
        {words.olderCalls}
      </Button>
    </p>
  );
}
