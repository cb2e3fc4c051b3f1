-- What registries told of the images that revisions use, by digest reference: platforms and the images' own VOLUMEs.
CREATE TABLE image (
  digest_ref TEXT NOT NULL PRIMARY KEY,
  platforms TEXT NOT NULL,
  volumes TEXT NOT NULL
) STRICT, WITHOUT ROWID;
