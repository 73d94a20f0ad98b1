-- breaking: no
-- What deductions by recipe keep: recipes, how a store's stock serves them, what each deduction took, and what was given back.

-- Recipes

create table inventory.recipes (
    product_id bigint not null,
    yields bigint not null default 1,
    actor text not null,
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint recipes_pk primary key (product_id),
    constraint recipes_product_id_fk foreign key (product_id) references inventory.products on delete cascade,
    constraint recipes_yields_ck check (yields between 1 and 1000000000)
);

comment on table inventory.recipes is
    'Products that are made of others when they are sold. set_recipe() writes it. What was deducted is kept by itself, so a changed recipe changes no past.';
comment on column inventory.recipes.product_id is 'The product that is made.';
comment on column inventory.recipes.yields is 'How many of its base units the ingredients make.';
comment on column inventory.recipes.actor is 'Who set it.';
comment on column inventory.recipes.updated_at is 'When it was set.';

create table inventory.recipe_ingredients (
    product_id bigint not null,
    ingredient_name text not null,
    ingredient_unit text not null,
    quantity numeric not null,
    place integer not null,
    constraint recipe_ingredients_pk primary key (product_id, ingredient_name, ingredient_unit),
    constraint recipe_ingredients_product_id_fk foreign key (product_id) references inventory.recipes on delete cascade,
    constraint recipe_ingredients_ingredient_name_ck check (ingredient_name <> '' and length(ingredient_name) <= 200),
    constraint recipe_ingredients_ingredient_unit_ck check (ingredient_unit <> '' and length(ingredient_unit) <= 50),
    constraint recipe_ingredients_quantity_ck check (quantity > 0 and quantity < 1e15 and min_scale(quantity) <= 9)
);

comment on table inventory.recipe_ingredients is
    'What recipes are made of, in words of the kitchen: no stock is named here, because each store says itself what it uses.';
comment on column inventory.recipe_ingredients.product_id is 'The product that is made.';
comment on column inventory.recipe_ingredients.ingredient_name is 'What the recipe calls it.';
comment on column inventory.recipe_ingredients.ingredient_unit is 'What the recipe counts it in.';
comment on column inventory.recipe_ingredients.quantity is 'How many of these units make what the recipe yields.';
comment on column inventory.recipe_ingredients.place is 'Its place in the recipe, from 1.';

-- The stock row that a mapping takes from is (store_id, product_id) of this very row: none of another store can be named.
create table inventory.conversion_mappings (
    store_id bigint not null,
    recipe_ingredient_name text not null,
    recipe_ingredient_unit text not null,
    product_id bigint not null,
    numerator bigint not null,
    denominator bigint not null,
    actor text not null,
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint conversion_mappings_pk primary key (store_id, recipe_ingredient_name, recipe_ingredient_unit),
    constraint conversion_mappings_store_id_fk foreign key (store_id) references inventory.stores on delete cascade,
    constraint conversion_mappings_product_id_fk foreign key (product_id) references inventory.products,
    constraint conversion_mappings_name_ck check (recipe_ingredient_name <> '' and length(recipe_ingredient_name) <= 200),
    constraint conversion_mappings_unit_ck check (recipe_ingredient_unit <> '' and length(recipe_ingredient_unit) <= 50),
    constraint conversion_mappings_ratio_ck check (
        numerator between 1 and 1000000000000000 and denominator between 1 and 1000000000000000
    )
);

create index conversion_mappings_product_id_idx on inventory.conversion_mappings (product_id);

comment on table inventory.conversion_mappings is
    'What a store takes from its stock for an ingredient of recipes, and how much of it: one per store, ingredient and unit. set_conversion_mapping() writes it.';
comment on column inventory.conversion_mappings.store_id is 'The store; also that of the stock row.';
comment on column inventory.conversion_mappings.recipe_ingredient_name is 'The ingredient, as recipes call it.';
comment on column inventory.conversion_mappings.recipe_ingredient_unit is 'The unit, as recipes count it.';
comment on column inventory.conversion_mappings.product_id is 'The product whose stock is taken.';
comment on column inventory.conversion_mappings.numerator is 'With denominator: base units of the product in one unit of the recipe, exactly.';
comment on column inventory.conversion_mappings.denominator is 'With numerator: base units of the product in one unit of the recipe, exactly.';
comment on column inventory.conversion_mappings.actor is 'Who set it.';
comment on column inventory.conversion_mappings.updated_at is 'When it was set.';

-- Deductions. No CHECKs and no foreign keys, as on documents: they grow with each operation, and only our functions write here.

create table inventory.inventory_deductions (
    transaction_id text collate "C" not null,
    store_id bigint not null,
    document_id bigint not null,
    constraint inventory_deductions_pk primary key (transaction_id, store_id)
);

comment on table inventory.inventory_deductions is
    'Every deduction by its transaction id: one per store, for ever, also when its idempotency key was pruned.';
comment on column inventory.inventory_deductions.transaction_id is 'The id that the till made.';
comment on column inventory.inventory_deductions.store_id is 'The store.';
comment on column inventory.inventory_deductions.document_id is 'Its document, of kind deduction.';

create table inventory.inventory_deduction_parts (
    document_id bigint not null,
    line integer not null,
    product_id bigint not null,
    numerator numeric not null,
    denominator numeric not null,
    constraint inventory_deduction_parts_pk primary key (document_id, line, product_id)
);

comment on table inventory.inventory_deduction_parts is
    'What each line of a deduction took, by the recipe and the mappings of that moment. A compensation gives back from this.';
comment on column inventory.inventory_deduction_parts.document_id is 'The deduction''s document.';
comment on column inventory.inventory_deduction_parts.line is 'The line of the document.';
comment on column inventory.inventory_deduction_parts.product_id is 'The product whose stock was taken.';
comment on column inventory.inventory_deduction_parts.numerator is 'With denominator: how much, in base units, exactly.';
comment on column inventory.inventory_deduction_parts.denominator is 'With numerator: how much, in base units, exactly.';

create table inventory.inventory_compensation_log (
    document_id bigint not null,
    line integer not null,
    product_id bigint not null,
    store_id bigint not null,
    transaction_id text not null,
    deduction_document_id bigint not null,
    numerator numeric not null,
    denominator numeric not null,
    version bigint not null,
    actor text not null,
    reason text,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint inventory_compensation_log_pk primary key (document_id, line, product_id)
);

create index inventory_compensation_log_deduction_idx on inventory.inventory_compensation_log (deduction_document_id);
create index inventory_compensation_log_store_id_recorded_at_idx on inventory.inventory_compensation_log (store_id, recorded_at);

comment on table inventory.inventory_compensation_log is 'What was given back of deductions: a row per line and product, for every compensation.';
comment on column inventory.inventory_compensation_log.document_id is 'The compensation''s document.';
comment on column inventory.inventory_compensation_log.line is 'The line of the deduction.';
comment on column inventory.inventory_compensation_log.product_id is 'The product whose stock it was given back to.';
comment on column inventory.inventory_compensation_log.store_id is 'The store.';
comment on column inventory.inventory_compensation_log.transaction_id is 'The deduction''s transaction id.';
comment on column inventory.inventory_compensation_log.deduction_document_id is 'The deduction''s document.';
comment on column inventory.inventory_compensation_log.numerator is 'With denominator: how much, in base units, exactly.';
comment on column inventory.inventory_compensation_log.denominator is 'With numerator: how much, in base units, exactly.';
comment on column inventory.inventory_compensation_log.version is 'Version of the stock row''s movement that gave it back.';
comment on column inventory.inventory_compensation_log.actor is 'Who.';
comment on column inventory.inventory_compensation_log.reason is 'Why, in words.';
comment on column inventory.inventory_compensation_log.recorded_at is 'When it was recorded, database clock.';

comment on column inventory.stock_documents.kind is
    'purchase, sale, return, order (what was reserved), shortfall (what a paid order did not get: nothing moved), deduction or compensation.';
comment on column inventory.stock_documents.original_document_id is
    'For a return: the sale, when it was named; the last one when several were. For the sale and the shortfall of an order: the order. For a compensation: the deduction.';
comment on column inventory.stock_document_lines.version is
    'Version of the stock row''s movement of this line; null when nothing moved yet, and of deductions: inventory_deduction_parts says what those took.';
comment on column inventory.stock_document_lines.original_document_id is 'For a return: the sale that this came from. For a compensation: the deduction.';
comment on column inventory.stock_document_lines.original_line is 'For a return or a compensation: the line of that document.';

-- How the functions of deductions hand things on to each other.

create type inventory.plain_part as (
    request bigint,
    line bigint,
    place integer,
    sold_id bigint,
    quantity numeric,
    base_unit text,
    price numeric,
    store_id bigint,
    store text,
    product_id bigint,
    sku text,
    units bigint,
    row_place tid,
    moved bigint,
    on_hand bigint,
    reserved bigint,
    version bigint,
    is_first boolean,
    is_last boolean
);
comment on type inventory.plain_part is
    'What a line of a request takes of one locked stock row, in whole units, and the movement that it is part of: is_first of those of the movement, is_last of those of the row. place is the ingredient''s, from 1.';

create type inventory.deduction_part as (
    line integer,
    product text,
    ingredient text,
    product_id bigint,
    sku text,
    numerator numeric,
    denominator numeric
);
comment on type inventory.deduction_part is
    'What a line takes from a stock row: numerator/denominator base units. product is the name of what is sold, ingredient what its recipe calls this, null when it is its own stock.';

create type inventory.stock_demand as (
    product_id bigint,
    sku text,
    numerator numeric,
    denominator numeric,
    lines integer[]
);
comment on type inventory.stock_demand is 'What all lines of a request take from a stock row: numerator/denominator base units.';

create type inventory.deduction_request as (
    operation inventory.operation,
    party text,
    expected jsonb,
    lines inventory.operation_line[]
);
comment on type inventory.deduction_request is 'A request of deduct_inventory_many() that was read.';

create type inventory.deduction_demand as (
    request integer,
    slot integer,
    store_id bigint,
    store text,
    product_id bigint,
    sku text,
    numerator numeric,
    denominator numeric,
    lines integer[],
    have_numerator numeric,
    have_denominator numeric,
    may_go_below boolean,
    version bigint,
    is_short boolean,
    is_new boolean,
    place bigint,
    first_line integer,
    first_place bigint
);
comment on type inventory.deduction_demand is
    'What a request of a batch takes from a stock row, and what the row has before the batch. slot numbers the stock rows;'
    ' is_short says that the whole batch asks for more than is there, is_new that the row was made for it, place is where the request first names it;'
    ' first_line and first_place are that of what may take from it also when no earlier request of the batch has made it.';

create type inventory.batch_key as (
    request integer,
    store_id bigint,
    scope text,
    key text,
    stored jsonb,
    result jsonb,
    id integer
);
comment on type inventory.batch_key is
    'A key of a request of a batch, with the request and the answer that were stored under it before. id numbers the keys of the batch.';

create type inventory.stock_left as (
    numerator numeric,
    denominator numeric,
    version bigint
);
comment on type inventory.stock_left is 'What the decided requests of a batch have left of a stock row.';
