// The market model of critmin.model.market, written by hand in Stan to compare samplers.
// Logs throughout; the names are those of the PyMC model.
data {
  int<lower=1> M;  // minerals
  int<lower=1> T;  // years
  int<lower=1> G;  // groups
  int<lower=1> P;  // pooled parameters
  int<lower=1> K;  // components of cost
  array[M] int<lower=1, upper=G> group;
  matrix[P, M] prior_centre;
  matrix[P, M] prior_scale;
  real<lower=0, upper=1> group_share;
  matrix[M, K] concentration;
  vector[M] primary;
  array[M] int<lower=0, upper=1> monthly;
  array[M] int<lower=1, upper=2> quality;
  array[M] int<lower=1, upper=T> first;
  matrix[M, T] basis;
  matrix[M, T] log_price;
  array[M, T] int<lower=0, upper=1> seen;
  matrix[M, T] carry;
  array[M, T] int<lower=0, upper=1> carried;
  matrix[M, T] growth_data;
  array[M, T] int<lower=0, upper=1> has_growth;
  vector[T] energy;
  vector[T] materials;
  matrix[M, T] wages;
  vector[T] ahead;  // years after the base year
  int<lower=0> W;
  vector[W] wage_growth;
  int<lower=0> Y;
  vector[Y] income_known;
  vector[T] income;
  int<lower=0> N_tech;
  int<lower=0> Q;
  array[Q] int<lower=1, upper=N_tech> technology;
  vector[Q] technology_surprise;
  matrix[M, T] technology_push;
  matrix[M, T] host_growth;
  int<lower=0> H;
  array[H] int<lower=1, upper=M> hosted;
  int<lower=0> S;
  array[S] int<lower=1, upper=M> support_mineral;
  matrix[S, T] support_share;
  int<lower=0> R;
  matrix[R, T] support_ramps;
  int<lower=0> D;
  array[D] int<lower=1, upper=S> grown;
  array[D] int<lower=2, upper=T> grown_year;
  vector[D] support_growth;
  int<lower=0> E;
  array[E] int<lower=1, upper=M> restriction_mineral;
  matrix[E, T] restriction_share;
  vector[E] withheld_alpha;
  vector[E] withheld_beta;
  int<lower=0> B;
  array[B] int<lower=1, upper=M> stepped;
  int<lower=0> V;
  vector[V] revision;
  int<lower=0> C;
  array[C] int<lower=1, upper=M> cost_mineral;
  array[C] int<lower=1, upper=T> cost_year;
  vector[C] cost_centre;
  vector[C] cost_error;
  real support_scale;
  real support_step_scale;
  real substitution_centre;
  real substitution_scale;
  int<lower=0> n_observed;
  int<lower=0> n_carried;
  int<lower=0> n_growth;
  int<lower=0> n_holes;
  int<lower=0> n_innovations;
}
parameters {
  matrix[P, G] group_effect;
  matrix[P, M] mineral_effect;
  vector<lower=0>[G] factor_loading_group;
  vector<lower=0>[G] cost_scale_group;
  vector[2] persistence_quality;
  vector[H] host_tie_hosted;
  real<lower=0> scrap_elasticity;
  real substitution_effect;
  real carry_response;
  real<lower=0> carry_scale;
  real<lower=0> tail_excess;
  real technology_response;
  vector[M] cost_drift;
  array[M] simplex[K] cost_share;
  real<lower=0, upper=1> wage_pass_through;
  real capital_trend;
  real compliance_trend;
  vector<lower=0, upper=1>[M] demand_share;
  vector[M] growth;
  real<lower=0> revision_scale;
  real<lower=0, upper=1> energy_reversion;
  real energy_mean;
  real<lower=0> energy_scale;
  real<lower=0, upper=1> materials_reversion;
  real materials_mean;
  real<lower=0> materials_scale;
  real materials_energy;
  real wage_drift;
  real<lower=0> wage_scale;
  real<lower=0> income_scale;
  vector<lower=0>[N_tech] technology_scale;
  vector<lower=0>[S] state_support;
  matrix[S, R] support_step;
  vector[S] support_advantage;
  real<lower=0> capacity_response;
  real<lower=0> support_noise;
  vector<lower=0, upper=1>[E] withheld;
  vector[B] step;
  vector[n_innovations] cost_shock;
  vector[M] start;
  vector[T] factor;
  vector<lower=0>[n_holes] hole_mixing;
  vector[n_holes] hole_normal;
}
transformed parameters {
  vector[M] supply_elasticity;
  vector[M] demand_elasticity;
  vector[M] income_elasticity;
  vector[M] price_scale;
  vector[M] reversion;
  vector[M] slope;
  vector[M] persistence;
  vector[M] host_tie = rep_vector(0, M);
  real tail = 6 + tail_excess;
  real substitution = inv_logit(substitution_centre + substitution_scale * substitution_effect);
  matrix[S, T] wedge;
  matrix[M, T] support = rep_matrix(0, M, T);
  matrix[M, T] availability = rep_matrix(0, M, T);
  matrix[M, T] log_cost;
  matrix[M, T] price = log_price;
  vector[n_observed] residual;
  vector[n_observed] residual_scale;
  vector[n_carried] carry_residual;
  vector[n_carried] carry_spread;
  vector[n_growth] growth_residual;
  vector[n_growth] growth_spread;
  {
    matrix[P, M] x = prior_centre
      + prior_scale .* (sqrt(group_share) * group_effect[, group] + sqrt(1 - group_share) * mineral_effect);
    supply_elasticity = exp(x[1]');
    demand_elasticity = exp(x[2]');
    income_elasticity = exp(x[3]');
    price_scale = exp(x[4]');
    reversion = inv_logit(x[5]');
  }
  slope = primary .* supply_elasticity + (1 - primary) * scrap_elasticity + demand_elasticity;
  for (m in 1:M) persistence[m] = monthly[m] ? 0 : persistence_quality[quality[m]];
  host_tie[hosted] = host_tie_hosted;
  wedge = diag_pre_multiply(state_support, exp(support_step * support_ramps));
  for (s in 1:S) support[support_mineral[s]] += wedge[s] .* support_share[s];
  for (e in 1:E) availability[restriction_mineral[e]] += log1m(withheld[e] * restriction_share[e]);
  availability = expm1(availability);
  {
    vector[M] all_steps = rep_vector(0, M);
    int shock = 0;
    int hole = 0;
    int o = 0;
    int c = 0;
    int g = 0;
    all_steps[stepped] = step;
    for (m in 1:M) {
      row_vector[T] mix = log(cost_share[m][1] * exp(energy')
        + cost_share[m][2] * exp(wage_pass_through * wages[m])
        + cost_share[m][3] * exp(materials')
        + cost_share[m][4] * exp(capital_trend * ahead')
        + cost_share[m][5] * exp(compliance_trend * ahead'));
      int f = first[m];
      real stationary = price_scale[m] / sqrt(reversion[m] * (2 - reversion[m]));
      real level = log_price[m, f] + basis[m, f] * all_steps[m] + support[m, f] - start[m] * stationary;
      real walk = 0;
      real previous = 0;
      for (t in 1:T) {
        if (t > f) {
          shock += 1;
          walk += cost_shock[shock];
        }
        log_cost[m, t] = level + cost_scale_group[group[m]] * walk
          + cost_drift[m] * fmax(t - f, 0) + mix[t] - mix[f];
      }
      price[m] += basis[m] * all_steps[m];
      for (t in (f + 1):T) {
        real cost_change = log_cost[m, t] - log_cost[m, t - 1];
        real support_change = support[m, t] - support[m, t - 1];
        real primary_push = supply_elasticity[m] * (cost_change - support_change)
          - (availability[m, t] - availability[m, t - 1]) - host_tie[m] * host_growth[m, t];
        real push = (primary[m] * primary_push + income_elasticity[m] * income[t]
          + technology_response * technology_push[m, t]) / slope[m]
          + factor_loading_group[group[m]] * factor[t];
        real gap = price[m, t - 1] - log_cost[m, t - 1] + support[m, t - 1];
        real last_carry = carried[m, t - 1] ? carry[m, t - 1] : persistence[m] * previous;
        real expected = push + last_carry - reversion[m] * (gap + last_carry);
        real surprise;
        if (seen[m, t]) {
          surprise = price[m, t] - price[m, t - 1] - expected;
          o += 1;
          residual[o] = surprise;
          residual_scale[o] = price_scale[m];
          if (carried[m, t]) {
            c += 1;
            carry_residual[c] = carry[m, t] - carry_response * surprise;
            carry_spread[c] = carry_scale * price_scale[m];
          }
          if (has_growth[m, t]) {
            real closing = (1 - substitution) * reversion[m] * gap - (1 - demand_share[m]) * surprise;
            real ratio = slope[m] / primary[m];
            g += 1;
            growth_residual[g] = growth_data[m, t] - (growth[m]
              + supply_elasticity[m] * (expected + surprise - cost_change + support_change)
              + host_tie[m] * host_growth[m, t] + ratio * closing);
            growth_spread[g] = sqrt(square(ratio * price_scale[m]) * demand_share[m] * (1 - demand_share[m])
              + 2 * square(revision_scale))
              * sqrt((tail + square(surprise / price_scale[m])) / (tail + 1));
          }
        } else {
          hole += 1;
          surprise = price_scale[m] * hole_normal[hole] / sqrt(hole_mixing[hole]);
          price[m, t] = price[m, t - 1] + expected + surprise;
        }
        previous = price[m, t] - price[m, t - 1];
      }
    }
  }
}
model {
  vector[T - 1] energy_shock = energy[2:] - energy[:(T - 1)]
    - energy_reversion * (energy_mean - energy[:(T - 1)]);
  to_vector(group_effect) ~ std_normal();
  to_vector(mineral_effect) ~ std_normal();
  factor_loading_group ~ normal(0, 0.10);
  cost_scale_group ~ lognormal(log(0.04), 0.25);
  persistence_quality ~ normal([0.15, 0]', [0.1, 0.15]');
  host_tie_hosted ~ normal(0.5, 0.25);
  scrap_elasticity ~ lognormal(log(0.3), 0.5);
  substitution_effect ~ std_normal();
  carry_response ~ normal(0.5, 0.2);
  carry_scale ~ lognormal(log(0.87), 0.3);
  tail_excess ~ gamma(2, 0.2);
  technology_response ~ normal(1, 0.3);
  cost_drift ~ normal(0, 0.01);
  for (m in 1:M) cost_share[m] ~ dirichlet(concentration[m]');
  wage_pass_through ~ normal(0.4, 0.15);
  capital_trend ~ normal(0, 0.01);
  compliance_trend ~ normal(0.01, 0.01);
  demand_share ~ beta(4, 4);
  growth ~ normal(0.03, 0.02);
  revision_scale ~ lognormal(log(0.04), 0.5);
  energy_reversion ~ beta(2, 10);
  energy_mean ~ normal(0, 0.5);
  energy_scale ~ normal(0, 0.4);
  materials_reversion ~ beta(2, 10);
  materials_mean ~ normal(0, 0.5);
  materials_scale ~ normal(0, 0.4);
  materials_energy ~ normal(0.3, 0.2);
  wage_drift ~ normal(0.015, 0.01);
  wage_scale ~ normal(0, 0.1);
  income_scale ~ normal(0, 0.1);
  technology_scale ~ normal(0, 0.3);
  state_support ~ normal(0, support_scale);
  to_vector(support_step) ~ normal(0, support_step_scale);
  support_advantage ~ normal(0, 0.03);
  capacity_response ~ lognormal(log(0.3), 0.5);
  support_noise ~ normal(0, 0.2);
  withheld ~ beta(withheld_alpha, withheld_beta);
  step ~ normal(0, 0.5);
  cost_shock ~ std_normal();
  start ~ std_normal();
  factor ~ std_normal();
  hole_mixing ~ gamma(tail / 2, tail / 2);
  hole_normal ~ std_normal();

  energy_shock ~ normal(0, energy_scale);
  materials[2:] ~ normal(materials[:(T - 1)]
    + materials_reversion * (materials_mean - materials[:(T - 1)])
    + materials_energy * energy_shock, materials_scale);
  wage_growth ~ normal(wage_drift, wage_scale);
  income_known ~ normal(0, income_scale);
  technology_surprise ~ normal(0, technology_scale[technology]);
  for (d in 1:D)
    support_growth[d] ~ student_t(4, support_advantage[grown[d]]
      + capacity_response * wedge[grown[d], grown_year[d] - 1], support_noise);
  revision ~ student_t(4, 0, revision_scale);
  for (i in 1:C) cost_centre[i] ~ normal(log_cost[cost_mineral[i], cost_year[i]], cost_error[i]);
  residual ~ student_t(tail, 0, residual_scale);
  carry_residual ~ student_t(tail, 0, carry_spread);
  growth_residual ~ student_t(tail + 1, 0, growth_spread);
}
