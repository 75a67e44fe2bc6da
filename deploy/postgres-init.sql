-- A query without its client's SET search_path must fail instead of reading another schema.
ALTER DATABASE myb2o SET search_path = '';
