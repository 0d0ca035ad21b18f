import type { NotKnown } from '../shared/estimate'

/** A linear layer of one block, by the name that LoRA targets use. */
export interface LinearLayer {
  readonly name: string
  readonly inputSize: number
  readonly outputSize: number
}

/** Dimensions of a dense decoder. Sizes count elements, not bytes. */
export interface ModelShape {
  readonly family: string
  /** False where the family is not in the table and Llama's layout is assumed; the estimate widens. */
  readonly familyKnown: boolean
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly feedForwardSize: number
  readonly gatedFeedForward: boolean
  readonly vocabularySize: number
  readonly tiedEmbeddings: boolean
  /** Every linear layer of one block. */
  readonly linearLayers: readonly LinearLayer[]
  /** Weights of all linear layers of all blocks. */
  readonly linearParameters: number
  /** Input embeddings and, if not tied, the output head. */
  readonly embeddingParameters: number
  /** Norm weights and biases. */
  readonly otherParameters: number
}

/** How a family lays out its block. `split`: Llama's names; `plain`: the same without a gate; the rest by the model they come from. */
interface Family {
  readonly layout: 'split' | 'phi3' | 'qwen1' | 'gpt2' | 'plain'
  readonly normsPerLayer: number
  readonly attentionBias: boolean
  readonly tiedByDefault: boolean
}

const llamaLike: Family = { layout: 'split', normsPerLayer: 2, attentionBias: false, tiedByDefault: false }
const gemmaLike: Family = { ...llamaLike, normsPerLayer: 4, tiedByDefault: true }

const families: Readonly<Record<string, Family>> = {
  llama: llamaLike,
  mistral: llamaLike,
  ministral: llamaLike,
  smollm3: { ...llamaLike, tiedByDefault: true },
  granite: llamaLike,
  olmo: { ...llamaLike, normsPerLayer: 0 },
  olmo2: llamaLike,
  olmo3: llamaLike,
  stablelm: llamaLike,
  exaone4: llamaLike,
  seed_oss: { ...llamaLike, attentionBias: true },
  qwen2: { ...llamaLike, attentionBias: true },
  qwen3: llamaLike,
  gemma: { ...llamaLike, tiedByDefault: true },
  gemma2: gemmaLike,
  gemma3_text: gemmaLike,
  cohere: { ...llamaLike, normsPerLayer: 1, tiedByDefault: true },
  cohere2: { ...llamaLike, normsPerLayer: 1, tiedByDefault: true },
  glm4: { ...llamaLike, layout: 'phi3', normsPerLayer: 4 },
  phi3: { ...llamaLike, layout: 'phi3' },
  starcoder2: { ...llamaLike, layout: 'plain', attentionBias: true, tiedByDefault: true },
  qwen: { ...llamaLike, layout: 'qwen1', attentionBias: true },
  gpt2: { layout: 'gpt2', normsPerLayer: 2, attentionBias: true, tiedByDefault: true },
}

const expertFields = ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts', 'num_experts_per_tok']
const notADecoder = ['ssm_cfg', 'state_size', 'linear_num_value_heads', 'mamba_d_state', 'd_model']

const attentionKinds = ['full_attention', 'sliding_attention', 'chunked_attention']

type Json = Readonly<Record<string, unknown>>

function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
}

function positiveInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

function firstOf(config: Json, names: readonly string[]): number | null {
  for (const name of names) {
    const value = positiveInteger(config[name])
    if (value !== null) return value
  }
  return null
}

function refuse(reason: NotKnown['reason'], detail: string): NotKnown {
  return { kind: 'not-known', reason, detail }
}

function blockLayers(family: Family, h: number, query: number, keyValue: number, f: number, gated: boolean): LinearLayer[] {
  const layer = (name: string, inputSize: number, outputSize: number): LinearLayer => ({ name, inputSize, outputSize })
  const out = layer('o_proj', query, h)
  switch (family.layout) {
    case 'qwen1':
      return [layer('c_attn', h, query + 2 * keyValue), layer('c_proj', query, h), layer('w1', h, f), layer('w2', h, f), layer('c_proj', f, h)]
    case 'gpt2':
      return [layer('c_attn', h, 3 * h), layer('c_proj', h, h), layer('c_fc', h, f), layer('c_proj', f, h)]
    case 'phi3':
      return [layer('qkv_proj', h, query + 2 * keyValue), out, layer('gate_up_proj', h, 2 * f), layer('down_proj', f, h)]
    case 'plain':
    case 'split': {
      const attention = [layer('q_proj', h, query), layer('k_proj', h, keyValue), layer('v_proj', h, keyValue), out]
      if (family.layout === 'plain' || !gated) return [...attention, layer('c_fc', h, f), layer('c_proj', f, h)]
      return [...attention, layer('gate_proj', h, f), layer('up_proj', h, f), layer('down_proj', f, h)]
    }
  }
}

function whyNotDense(config: Json): NotKnown | null {
  const name = typeof config.model_type === 'string' ? config.model_type : 'without model_type'
  for (const field of expertFields) {
    const experts = positiveInteger(config[field])
    if (experts !== null && experts > 1) return refuse('mixture-of-experts', name)
  }
  if (/moe|mixtral/i.test(name)) return refuse('mixture-of-experts', name)
  if (config.is_encoder_decoder === true || 'vision_config' in config || 'audio_config' in config) return refuse('not-a-dense-decoder', name)
  for (const field of notADecoder) if (field in config) return refuse('not-a-dense-decoder', name)
  const kinds: unknown = config.layer_types
  if (Array.isArray(kinds) && !kinds.every((kind) => attentionKinds.includes(String(kind)))) return refuse('not-a-dense-decoder', name)
  if (asObject(config.quantization_config) !== null) return refuse('quantised-base', name)
  return null
}

/**
 * Dimensions from a model's `config.json`, already parsed. What is not a dense decoder is refused as not known, never guessed:
 * mixtures of experts, encoder-decoders, vision models, state-space and hybrid models, and bases that are quantised on disk.
 */
export function parseModelShape(config: unknown): ModelShape | NotKnown {
  const outer = asObject(config)
  if (outer === null) return refuse('field-missing', 'config.json')
  const refusal = whyNotDense(outer)
  if (refusal !== null) return refusal
  const familyName = typeof outer.model_type === 'string' ? outer.model_type : 'unknown'
  const known = Object.hasOwn(families, familyName) ? families[familyName] : undefined
  const family = known ?? llamaLike

  const hiddenSize = firstOf(outer, ['hidden_size', 'n_embd'])
  const layers = firstOf(outer, ['num_hidden_layers', 'n_layer'])
  const heads = firstOf(outer, ['num_attention_heads', 'n_head'])
  const vocabularySize = firstOf(outer, ['vocab_size'])
  if (hiddenSize === null) return refuse('field-missing', 'hidden_size')
  if (layers === null) return refuse('field-missing', 'num_hidden_layers')
  if (heads === null) return refuse('field-missing', 'num_attention_heads')
  if (vocabularySize === null) return refuse('field-missing', 'vocab_size')
  const stated = firstOf(outer, ['intermediate_size', 'n_inner']) ?? (family.layout === 'gpt2' ? 4 * hiddenSize : null)
  if (stated === null) return refuse('field-missing', 'intermediate_size')
  // Qwen's first generation writes the width of w1 and w2 together.
  const feedForwardSize = family.layout === 'qwen1' ? stated / 2 : stated

  const headSize = firstOf(outer, ['head_dim']) ?? Math.floor(hiddenSize / heads)
  const keyValueHeads = firstOf(outer, ['num_key_value_heads']) ?? heads
  const gatedFeedForward = family.layout !== 'gpt2' && family.layout !== 'plain'
  const tiedEmbeddings = typeof outer.tie_word_embeddings === 'boolean' ? outer.tie_word_embeddings : family.tiedByDefault
  const query = heads * headSize
  const keyValue = keyValueHeads * headSize
  const linearLayers = blockLayers(family, hiddenSize, query, keyValue, feedForwardSize, gatedFeedForward)

  const bias = typeof outer.attention_bias === 'boolean' ? outer.attention_bias : family.attentionBias
  const linearPerLayer = linearLayers.reduce((sum, l) => sum + l.inputSize * l.outputSize, 0)
  const norms = (layers * family.normsPerLayer + 1) * hiddenSize
  const positions = family.layout === 'gpt2' ? (firstOf(outer, ['n_positions']) ?? 0) * hiddenSize : 0
  return {
    family: familyName,
    familyKnown: known !== undefined,
    hiddenSize, layers, heads, keyValueHeads, headSize, feedForwardSize, gatedFeedForward, vocabularySize, tiedEmbeddings, linearLayers,
    linearParameters: layers * linearPerLayer,
    embeddingParameters: vocabularySize * hiddenSize * (tiedEmbeddings ? 1 : 2) + positions,
    otherParameters: norms + (bias ? layers * (query + 2 * keyValue) : 0),
  }
}

/** All parameters of the base model. */
export function totalParameters(shape: ModelShape): number {
  return shape.linearParameters + shape.embeddingParameters + shape.otherParameters
}

/** Parameters of a LoRA adapter: rank * (in + out) for every targeted layer (Hu et al. 2021); `all-linear` leaves out the head. */
export function adapterParameters(shape: ModelShape, rank: number, targets: 'all-linear' | readonly string[]): number {
  const chosen = targets === 'all-linear' ? shape.linearLayers : shape.linearLayers.filter((layer) => isTargeted(layer.name, targets))
  const head = targets !== 'all-linear' && isTargeted(outputHead, targets) ? rank * (shape.hiddenSize + shape.vocabularySize) : 0
  return shape.layers * chosen.reduce((sum, layer) => sum + rank * (layer.inputSize + layer.outputSize), 0) + head
}

/** The output head's name; one matrix for the whole model. */
export const outputHead = 'lm_head'

/** Target names that match no linear layer of the model. */
export function unknownTargets(shape: ModelShape, targets: 'all-linear' | readonly string[]): string[] {
  if (targets === 'all-linear') return []
  return targets.filter((target) => !isTargeted(outputHead, [target]) && !shape.linearLayers.some((layer) => isTargeted(layer.name, [target])))
}

/** PEFT matches a module whose path ends in the target, so `self_attn.q_proj` names q_proj as well. */
function isTargeted(name: string, targets: readonly string[]): boolean {
  return targets.some((target) => target === name || target.endsWith(`.${name}`))
}
