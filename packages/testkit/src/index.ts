export * as Ledger from "./Ledger.ts"
