/** One complaint of the server, with where it is about. */
export interface ProblemItem {
  message?: string;
  text?: string;
  code?: string;
  field?: string | null;
  line?: number | null;
  place?: [number, number] | null;
}

/** The server refused, and says why (problem document). */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string, readonly items: ProblemItem[], readonly body: Record<string, unknown> = {}) {
    super(detail || title);
  }
}

/** The server could not be reached, or the answer was no answer. */
export class Unreachable extends Error {}

export function csrf(): string {
  const hidden = document.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]')?.value;
  return hidden ?? /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export async function request<T>(url: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  if (init.method && init.method !== "GET") headers.set("X-CSRFToken", csrf());
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable(String(error));
  }
  const text = await response.text();
  let body: unknown = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    throw new Unreachable(`${response.status} ${response.statusText}`);
  }
  if (response.ok) return body as T;
  const problem = (body ?? {}) as { title?: string; detail?: string; errors?: ProblemItem[]; notices?: ProblemItem[] };
  throw new Problem(response.status, problem.title ?? response.statusText, problem.detail ?? "", problem.errors ?? problem.notices ?? [], problem as Record<string, unknown>);
}

export const getJson = <T>(url: string, signal?: AbortSignal): Promise<T> => request<T>(url, signal ? { signal } : {});

export const postJson = <T>(url: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  request<T>(url, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, ...(signal ? { signal } : {}) });

export const postForm = <T>(url: string, body: FormData, signal?: AbortSignal): Promise<T> =>
  request<T>(url, { method: "POST", body, ...(signal ? { signal } : {}) });
