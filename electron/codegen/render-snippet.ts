/** What a snippet loads: a whole model, or an adapter on its base. */
export interface SnippetModel {
  readonly kind: 'adapter' | 'model'
  readonly path: string
  readonly basePath: string
  /** Without one the model goes on with bare text. */
  readonly hasChatTemplate: boolean
}

/** A JSON string is a Python string as well, once the two separators that JSON lets stand are escaped. */
function pythonString(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** A short Python program that loads a model and answers one question. */
export function renderSnippet({ kind, path, basePath, hasChatTemplate }: SnippetModel): string {
  const lines = [
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    ...(kind === 'adapter' ? ['from peft import PeftModel'] : []),
    '',
    `tokenizer = AutoTokenizer.from_pretrained(${pythonString(path)})`,
    `model = AutoModelForCausalLM.from_pretrained(${pythonString(kind === 'adapter' ? basePath : path)}, device_map="auto")`,
    ...(kind === 'adapter' ? [`model = PeftModel.from_pretrained(model, ${pythonString(path)})`] : []),
    '',
    ...(hasChatTemplate
      ? [
          'messages = [{"role": "user", "content": "What is the capital of Japan?"}]',
          'inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True).to(model.device)',
        ]
      : ['inputs = tokenizer("The capital of Japan is", return_tensors="pt").to(model.device)']),
    'answer = model.generate(**inputs, max_new_tokens=64, do_sample=False)',
    'print(tokenizer.decode(answer[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
    '',
  ]
  return lines.join('\n')
}
