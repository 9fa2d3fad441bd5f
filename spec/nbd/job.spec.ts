import { expect } from 'chai';
import { Job } from '../../lib/nbd/job.js';
import { newRequestHeader } from '../../lib/nbd/requests.js';

describe('Job', () => {
  it('takes over a header, and tells when its request has settled', () => {
    const ended: Job[] = [];
    const job = new Job((each) => ended.push(each));
    job.flushing = true;
    const header = { flags: 1, type: 2, cookieHigh: 3, cookieLow: 4, position: 5, length: 6 };
    job.begin(header);
    expect(job).to.include({ ...header, flushing: false });
    job.begin(newRequestHeader());
    expect(job.cookieLow).to.equal(0);
    job.settled();
    expect(ended).to.deep.equal([job]);
  });
});
