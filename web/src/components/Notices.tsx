import { Button } from "antd";
import { CloseOutlined } from "@ant-design/icons";
import { useContext } from "react";
import { useWords } from "../i18n";
import { StoreContext, useSelect } from "../state/store";

/** What the service itself has to say: a full disk, a call it could not keep. */
export function Notices() {
  const words = useWords();
  const store = useContext(StoreContext);
  const notices = useSelect((state) => state.notices);
  return (
    <div className="notices" role="status">
      {notices.map((notice) => (
        <p key={`${notice.code} ${notice.call}`} className="notice" data-level={notice.level} data-testid="notice">
          <span>{notice.message}</span>
          <Button
            type="text"
            size="small"
            icon={<CloseOutlined />}
            aria-label={words.dismiss}
            onClick={() => store?.dispatch({ type: "notice_dismissed", notice })}
          />
        </p>
      ))}
    </div>
  );
}
