//! What an observer may call of the host for unit tests.

use crate::abi;
use crate::testing::state::{is_name, place, State, OWN};

fn code(result: Result<(), i32>) -> i32 {
    result.map_or_else(|code| code, |()| abi::OK)
}

unsafe fn of<'a>(handle: abi::Handle) -> &'a mut State {
    &mut *(handle as *mut State)
}

unsafe extern "C" fn log(handle: abi::Handle, _: i32, text: abi::Str) {
    of(handle).log.push(text.as_str().to_string());
}

unsafe extern "C" fn set_error(handle: abi::Handle, text: abi::Str) {
    of(handle).error = text.as_str().to_string();
}

unsafe extern "C" fn cancelled(_: abi::Handle) -> i32 {
    0
}

unsafe extern "C" fn model_info(handle: abi::Handle, model: u32, info: *mut abi::ModelInfo) -> i32 {
    let known = match of(handle).models.get((model as usize).wrapping_sub(1)) {
        Some(known) => known,
        None => return abi::E_NOT_FOUND,
    };
    *info = abi::ModelInfo {
        size: (*info).size,
        model,
        name: abi::Str::new(&known.name),
        version: abi::Str::new(&known.version),
        deployed_at: abi::Str::new(&known.deployed_at),
        deployed_s: known.deployed_ns.div_euclid(1_000_000_000),
        deployed_ns: known.deployed_ns.rem_euclid(1_000_000_000) as u32,
        reserved: 0,
    };
    abi::OK
}

unsafe extern "C" fn act(handle: abi::Handle, action: *const abi::Action) -> i32 {
    let (state, action) = (of(handle), &*action);
    code((|| {
        let mut one = state.decide(
            "act",
            action.row,
            action.model,
            [action.r#type, action.rule, action.fields],
        )?;
        if !is_name(&one.kind) {
            return Err(state.refuse("act", "expected a type of a-z, 0-9 and _"));
        }
        one.state = action.transition.as_str().to_string();
        state.decided.actions.push(one);
        state.last_id = format!("action-{}", state.decided.actions.len());
        Ok(())
    })())
}

unsafe extern "C" fn suppress(handle: abi::Handle, held: *const abi::Suppression) -> i32 {
    let (state, held) = (of(handle), &*held);
    code(state.decide("suppress", held.row, held.model, [held.of, held.rule, held.fields]).map(
        |mut one| {
            one.why = held.why.as_str().to_string();
            one.until_ns = Some(held.until_ns).filter(|_| held.has_until != 0);
            state.decided.suppressed.push(one);
        },
    ))
}

unsafe extern "C" fn emit(handle: abi::Handle, made: *const abi::Derived) -> i32 {
    let (state, made) = (of(handle), &*made);
    if !state.emits.iter().any(|kind| kind == made.r#type.as_str()) {
        return state.refuse("emit", "the class does not emit this type");
    }
    let decided =
        state.decide("emit", made.row, made.model, [made.r#type, made.r#type, made.fields]);
    code(decided.map(|one| state.decided.emitted.push(one)))
}

unsafe extern "C" fn explaining(handle: abi::Handle) -> i32 {
    of(handle).explaining.into()
}

unsafe extern "C" fn state_get(
    handle: abi::Handle,
    model: u32,
    key: abi::Str,
    out: *mut abi::Str,
) -> i32 {
    match of(handle).decided.kept.get(&(model, key.as_str().to_string())) {
        Some(value) => *out = abi::Str::new(value),
        None => return abi::E_NOT_FOUND,
    }
    abi::OK
}

unsafe extern "C" fn state_put(
    handle: abi::Handle,
    model: u32,
    key: abi::Str,
    value: abi::Str,
) -> i32 {
    let state = of(handle);
    if value.len > 1024 * 1024 {
        return state.refuse("state_put", "the value has more than 1 MiB");
    }
    let may = state.may_keep("state_put", model, key.as_str());
    code(may.map(|()| state.put(model, key.as_str(), value.as_str())))
}

unsafe extern "C" fn state_delete(handle: abi::Handle, model: u32, key: abi::Str) -> i32 {
    let state = of(handle);
    code(state.may_keep("state_delete", model, key.as_str()).map(|()| {
        state.freed.extend(state.decided.kept.remove(&(model, key.as_str().to_string())));
    }))
}

unsafe extern "C" fn last_action_id(handle: abi::Handle, id: *mut abi::Str) -> i32 {
    if of(handle).last_id.is_empty() {
        return abi::E_NOT_FOUND;
    }
    *id = abi::Str::new(&of(handle).last_id);
    abi::OK
}

unsafe extern "C" fn project(
    handle: abi::Handle,
    wanted: *const abi::Projection,
    column: *mut u32,
) -> i32 {
    let (state, wanted) = (of(handle), &*wanted);
    let pointer = wanted.pointer.as_str();
    code((|| {
        state.creating("project")?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(
                state.refuse("project", "expected a JSON pointer, such as \"/metrics/auc\"")
            );
        }
        let only = wanted.event_type.as_str().to_string();
        *column = place(&mut state.projections, (wanted.r#type, pointer.to_string(), only));
        Ok(())
    })())
}

unsafe extern "C" fn subscribe(handle: abi::Handle, kind: abi::Str, out: *mut u32) -> i32 {
    let state = of(handle);
    code(state.creating("subscribe").map(|()| {
        place(&mut state.subscribed, kind.as_str().to_string());
        if !out.is_null() {
            *out = state.kind(kind.as_str());
        }
    }))
}

unsafe extern "C" fn kind_name(handle: abi::Handle, kind: u32, out: *mut abi::Str) -> i32 {
    let (own, other) = ((kind as usize).wrapping_sub(1), (kind as usize).wrapping_sub(16));
    *out = match (OWN.get(own), of(handle).types.get(other)) {
        (Some(name), _) => abi::Str::new(name),
        (None, Some(name)) => abi::Str::new(name),
        (None, None) => return abi::E_NOT_FOUND,
    };
    abi::OK
}

unsafe extern "C" fn counter(
    handle: abi::Handle,
    name: abi::Str,
    _: abi::Str,
    out: *mut u32,
) -> i32 {
    let state = of(handle);
    code((|| {
        state.creating("counter")?;
        if !is_name(name.as_str()) {
            return Err(state.refuse("counter", "expected a name of a-z, 0-9 and _"));
        }
        *out = place(&mut state.counters, name.as_str().to_string());
        state.decided.counts.resize(state.counters.len(), 0);
        Ok(())
    })())
}

unsafe extern "C" fn count(handle: abi::Handle, counter: u32, more: u64) -> i32 {
    match of(handle).decided.counts.get_mut(counter as usize) {
        Some(total) => *total += more,
        None => return abi::E_NOT_FOUND,
    }
    abi::OK
}

unsafe extern "C" fn tick_every(handle: abi::Handle, period_ns: i64) -> i32 {
    let state = of(handle);
    if period_ns < 0 {
        return state.refuse("tick_every", "the period is negative");
    }
    code(state.creating("tick_every").map(|()| state.period_ns = period_ns))
}

/// In the order of name, version, deployed_at and key; what is of no model comes first.
unsafe extern "C" fn state_scan(handle: abi::Handle, model: u32) -> i32 {
    let state = of(handle);
    let mut found: Vec<_> = (state.decided.kept.iter())
        .filter(|((of, _), _)| model == abi::EVERY_MODEL || *of == model)
        .map(|((of, key), value)| (*of, key.clone(), value.clone()))
        .collect();
    let models = &state.models;
    found.sort_by_key(|(of, key, _)| {
        let of = (*of as usize).checked_sub(1).map(|at| &models[at]);
        (of.map(|m| (m.name.clone(), m.version.clone(), m.deployed_at.clone())), key.clone())
    });
    found.reverse();
    state.scan = found;
    abi::OK
}

unsafe extern "C" fn state_next(handle: abi::Handle, item: *mut abi::StateItem) -> i32 {
    let state = of(handle);
    state.lent = state.scan.pop();
    match &state.lent {
        Some((model, key, value)) => {
            (*item).model = *model;
            (*item).key = abi::Str::new(key);
            (*item).value = abi::Str::new(value);
            abi::OK
        }
        None => abi::E_NOT_FOUND,
    }
}

pub static TABLE: abi::Services = abi::Services {
    size: abi::size_of::<abi::Services>(),
    abi_minor: abi::ABI_MINOR as u32,
    log,
    set_error,
    cancelled,
    model_info,
    act,
    suppress,
    explaining,
    state_get,
    state_put,
    state_delete,
    last_action_id,
    project,
    subscribe,
    kind_name,
    emit,
    counter,
    count,
    tick_every,
    state_scan,
    state_next,
};
