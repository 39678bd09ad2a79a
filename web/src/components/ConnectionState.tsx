import { useWords } from "../i18n";
import { useSelect } from "../state/store";

export function ConnectionState() {
  const words = useWords();
  const connection = useSelect((state) => state.connection);
  return (
    <span className="connection" role="status" data-state={connection} data-testid="connection">
      <i aria-hidden="true" />
      <span>{words.connection[connection]}</span>
    </span>
  );
}
