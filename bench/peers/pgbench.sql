-- One transfer, one SERIALIZABLE transaction (the session's default, set by PGOPTIONS). The accounts
-- are drawn as as-gen draws them; one transfer in a hundred asks for more than there is.
\set src random(0, :accounts - 1)
\set dst (:src + random(1, :accounts - 1)) % :accounts
\set amount random(1, 100)
\if random(1, 100) = 1
\set amount 1000000000
\endif
SELECT transfer_one(:src, :dst, :amount);
