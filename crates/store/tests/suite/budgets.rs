//! Budgets, and what they are judged by.

use api::budget::{Allowance, BudgetPeriod, BudgetSubject, BudgetUnit};
use store::Store;
use store::error::StoreError;
use store::records::BudgetRecord;

use crate::samples::{admin, at, combo, connection, execute, key};

fn budget(id: &str, subject: BudgetSubject) -> BudgetRecord {
    BudgetRecord {
        id: id.into(),
        subject,
        allowance: Allowance {
            amount: 5_000_000,
            unit: BudgetUnit::Money,
            period: BudgetPeriod::Day,
        },
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(crate) async fn a_budget_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let (account, combo) = (connection(&owner, "p", "a"), combo(&owner, "best"));
    let key = key(&owner, "laptop");
    store
        .connections()
        .insert(&account)
        .await
        .expect("an account");
    store.routing().insert_combo(&combo).await.expect("a combo");
    store.keys().insert(&key).await.expect("a key");
    let subjects = [
        BudgetSubject::Account {
            account: account.id.clone(),
        },
        BudgetSubject::Provider {
            provider: account.provider.clone(),
        },
        BudgetSubject::Step {
            combo: combo.id.clone(),
            model: "a/m".to_owned(),
        },
        BudgetSubject::Key {
            key: key.id.clone(),
        },
        BudgetSubject::User { user: owner },
    ];
    let budgets = store.budgets();
    let mut records = Vec::new();
    for (id, subject) in ["1", "2", "3", "4", "5"].into_iter().zip(subjects) {
        let record = budget(id, subject);
        budgets.insert(&record).await.expect("a budget");
        records.push(record);
    }
    assert_eq!(budgets.list().await.expect("budgets"), records);

    let weekly = Allowance {
        amount: 7,
        unit: BudgetUnit::Tokens,
        period: BudgetPeriod::Week,
    };
    budgets
        .update(&"1".into(), weekly, at(9))
        .await
        .expect("an update");
    let first = budgets.list().await.expect("budgets").remove(0);
    assert_eq!((first.allowance, first.updated_at), (weekly, at(9)));

    // What a budget is for takes it along.
    store
        .connections()
        .delete(&account.id)
        .await
        .expect("a deletion");
    store
        .routing()
        .delete_combo(&combo.id)
        .await
        .expect("a deletion");
    store.keys().delete(&key.id).await.expect("a deletion");
    let left = [records.remove(1), records.remove(3)];
    assert_eq!(budgets.list().await.expect("budgets"), left);
    execute(&store, "DELETE FROM users").await;
    assert_eq!(budgets.list().await.expect("budgets").len(), 1);
    budgets.delete(&"2".into()).await.expect("a deletion");
    let missing = budgets.delete(&"2".into()).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
}

pub(crate) async fn a_subject_has_one_budget_of_each_kind(store: Store) {
    let provider = || BudgetSubject::Provider {
        provider: "p".into(),
    };
    let budgets = store.budgets();
    let first = budget("1", provider());
    budgets.insert(&first).await.expect("a budget");
    let again = budgets.insert(&budget("2", provider())).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let mut weekly = budget("2", provider());
    weekly.allowance.period = BudgetPeriod::Week;
    budgets.insert(&weekly).await.expect("another budget");
    let update = budgets.update(&"2".into(), first.allowance, at(1)).await;
    assert!(matches!(update, Err(StoreError::Conflict(_))), "{update:?}");
}
