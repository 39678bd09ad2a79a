import { Button, Form, Input } from "antd";
import { useState } from "react";
import { api, ApiError } from "../api/http";
import { useWords } from "../i18n";
import type { Session } from "../api/types";
import type { Dictionary } from "../i18n/zh";
import { Brand } from "./Brand";
import { LanguageSwitch } from "./LanguageSwitch";

interface Credentials {
  readonly name: string;
  readonly password: string;
}

export function SignIn({ done }: { readonly done: (session: Session) => void }) {
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);

  const submit = async ({ name, password }: Credentials): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      done(await api.signIn(name, password));
    } catch (error) {
      setFault(reason(error, words));
      setBusy(false);
    }
  };

  return (
    <main className="boot" data-testid="sign-in">
      <div className="sign-in">
        <div className="sign-in-top">
          <Brand />
          <LanguageSwitch />
        </div>
        <p className="sign-in-lead">{words.signIn.lead}</p>
        <Form layout="vertical" requiredMark={false} onFinish={(values: Credentials) => void submit(values)}>
          <Form.Item name="name" label={words.signIn.name} rules={[{ required: true, message: "" }]}>
            <Input autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={64} size="large" data-testid="name" />
          </Form.Item>
          <Form.Item name="password" label={words.signIn.password} rules={[{ required: true, message: "" }]}>
            <Input.Password autoComplete="current-password" size="large" data-testid="password" />
          </Form.Item>
          <p className="sign-in-fault" role="alert">
            {fault}
          </p>
          <Button type="primary" htmlType="submit" size="large" block loading={busy}>
            {words.signIn.submit}
          </Button>
        </Form>
      </div>
    </main>
  );
}

function reason(error: unknown, words: Dictionary): string {
  if (!(error instanceof ApiError) || error.status === 0) return words.signIn.failed;
  if (error.status === 401) return words.signIn.wrong;
  return error.status === 429 ? words.signIn.slowDown : error.message;
}
