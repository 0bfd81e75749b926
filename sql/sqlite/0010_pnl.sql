-- The P&L of the session. What was stored before had none.
ALTER TABLE client_exposures ADD COLUMN pnl TEXT NOT NULL DEFAULT '0.0000';
ALTER TABLE symbol_exposures ADD COLUMN pnl TEXT NOT NULL DEFAULT '0.0000';
ALTER TABLE firm_exposures ADD COLUMN pnl TEXT NOT NULL DEFAULT '0.0000';
