-- The P&L of the session. What was stored before had none.
ALTER TABLE client_exposures ADD COLUMN pnl NUMERIC(30, 4) NOT NULL DEFAULT 0;
ALTER TABLE symbol_exposures ADD COLUMN pnl NUMERIC(30, 4) NOT NULL DEFAULT 0;
ALTER TABLE firm_exposures ADD COLUMN pnl NUMERIC(30, 4) NOT NULL DEFAULT 0;
